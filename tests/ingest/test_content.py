"""The same content is what is equal as JSON values, however it is written."""

import json
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from app.ingest.content import content_hash, data_of

NOON = datetime(2025, 3, 1, 12, tzinfo=UTC)


def digest(data: str, kind: str = "member.updated", time: datetime = NOON) -> bytes:
    return content_hash(data_of(f'{{"id": "e1", "data": {data}}}'), kind, time)


@pytest.mark.parametrize(
    "same",
    [
        ["1", "1.0", "1e0", "1E+0", "10e-1", "0.1e1", "0.01E2", "1.000"],
        ["0", "-0", "0.0", "-0.0", "0e5", "-0E-5", "0e99999999999999999999999"],
        ["-12", "-12.0", "-1.2e1", "-120e-1"],
        ["1.5", "15e-1", "0.15e1", "1.50"],
        ["1e400", "10e399", "0.1E401", "1" + "0" * 400],
        ["1e-400", "0.1e-399", "10E-401"],
        ["999999999999999999", "999999999999999999.0", "9.99999999999999999e17"],
        ["1000000000000000000", "1e18", "1000000000000000000.0"],
        ["123456789012345678901234567890", "12345678901234567890123456789e1"],
        ["9" * 5000, "9" * 5000 + ".0", "9" * 5000 + "0e-1"],
        ["9007199254740993", "9007199254740993.0"],
        ['"A"', '"\\u0041"'],
        ['"/"', '"\\/"'],
        ['"😀"', '"\\ud83d\\ude00"', '"\\uD83D\\uDE00"'],
        ['{"a": 1, "b": [2, {"c": 3}]}', '{ "b":[2.0,\n{"\\u0063":3e0}],\t"a":1 }'],
        ['{"a": {"x": 1, "y": 2}}', '{"a": {"y": 2, "x": 1}}'],
        ["[]", "[ ]"],
        ["{}", "{ }"],
        ['{"a": 1, "a": 2}', '{"a": 2}'],
    ],
    ids=lambda same: same[0][:20],
)
def test_equal_values_are_the_same_content(same: list[str]) -> None:
    assert len({digest(text) for text in same}) == 1
    assert len({digest(f'{{"in": [{text}]}}') for text in same}) == 1


def test_different_values_are_other_content() -> None:
    different = [
        *["1", "-1", "2", "10", "1.5", "1e400", "-1e400", "1e401", "1e-400", "0", "0.1"],
        *["9007199254740993", "9007199254740992", "18446744073709551616", "18446744073709551617"],
        *["1e18", "1e19", "100000000000000001", "9" * 5000, "9" * 4999 + "8"],
        *["true", "false", "null", '""', '"1"', '"true"', '"null"', '"0"', '"1e400"', '"a"'],
        *["[]", "{}", "[1]", "[1, 1]", "[[1]]", '{"a": 1}', '{"a": null}', '{"b": 1}'],
        *['{"a": [1, 2]}', '{"a": [2, 1]}', '{"a": "1"}', '{"a": true}', '{"A": 1}'],
        *['{"a": 1, "b": 2}', '{"a": 2, "b": 1}', '{"a": {"b": 1}}', '{"a": {}, "b": 1}'],
        *['"é"', '"e\u0301"', '" a"', '"A"'],
    ]
    assert len({digest(text) for text in different}) == len(different)


def test_type_and_time_are_content() -> None:
    assert digest("{}") == digest("{}")
    assert digest("{}") != digest("{}", kind="member.left")
    assert digest("{}") != digest("{}", time=NOON + timedelta(microseconds=1))


def test_time_is_an_instant() -> None:
    shanghai = NOON.astimezone(timezone(timedelta(hours=8)))
    assert digest("{}", time=shanghai) == digest("{}")
    assert digest("{}", time=shanghai.replace(tzinfo=UTC)) != digest("{}")


def test_only_data_is_compared() -> None:
    one = content_hash(data_of('{"data": {"a": 1}, "subject": "x", "id": "1"}'), "t", NOON)
    two = content_hash(data_of('{"id": "2", "more": {"data": 0}, "data": {"a": 1.0}}'), "t", NOON)
    assert one == two


# ---- any value, in any writing ----

numbers = st.builds(
    lambda digits, exponent: Decimal(f"{digits}e{exponent}"),
    st.integers(-20, 20) | st.integers(),
    st.integers(-3, 3) | st.integers(-400, 400),
)
texts = st.text(st.sampled_from('a1é😀/\\"\n')) | st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=5
)
values = st.recursive(
    st.none() | st.booleans() | numbers | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=8,
)
shifts = st.integers(-30, 30)
spaces = st.text(" \t\r\n", max_size=2)


def write_number(number: Decimal, shift: int, point: int) -> str:
    """A number with its exponent moved and, where `point` is given, its point too."""
    sign, figures, exponent = number.as_tuple()
    assert isinstance(exponent, int)
    shift = shift if number else 0  # JSON has no 000
    digits = "".join(map(str, figures)) + "0" * max(shift, 0)
    exponent -= max(shift, 0)
    split = min(point, len(digits) - 1)
    if split > 0:
        whole, fraction = digits[:-split], digits[-split:]
        exponent += split
        digits = f"{whole}.{fraction}"
    plain = exponent == 0 and shift % 2
    return ("-" if sign else "") + digits + ("" if plain else f"{'eE'[shift % 2]}{exponent:+d}")


def write_text(text: str, escaped: bool) -> str:
    if not escaped:
        return json.dumps(text, ensure_ascii=False)
    units = text.encode("utf-16-be")
    return '"' + "".join(f"\\u{units[i : i + 2].hex()}" for i in range(0, len(units), 2)) + '"'


def write(value: Any, draw: st.DrawFn) -> str:
    """A value as JSON, in a writing that is drawn."""
    space = draw(spaces)
    if isinstance(value, Decimal):
        text = write_number(value, draw(shifts), draw(st.integers(0, 5)))
    elif isinstance(value, str):
        text = write_text(value, draw(st.booleans()))
    elif isinstance(value, list):
        text = "[" + ",".join(write(item, draw) for item in value) + space + "]"
    elif isinstance(value, dict):
        keys = draw(st.permutations(list(value)))
        pairs = [f"{write(key, draw)}:{write(value[key], draw)}" for key in keys]
        text = "{" + ",".join(pairs) + space + "}"
    else:
        text = json.dumps(value)
    return space + text + space


@st.composite
def two_writings(draw: st.DrawFn) -> tuple[str, str]:
    value = draw(values)
    return write(value, draw), write(value, draw)


@st.composite
def a_change(draw: st.DrawFn) -> tuple[str, str]:
    """Two writings of which one value is different, deep inside of the same surroundings."""
    before, after = draw(values), draw(values)
    assume(plain(before) != plain(after))
    for _ in range(draw(st.integers(0, 3))):
        key, other = draw(texts), draw(values)
        if draw(st.booleans()):
            before, after = {"z": other, key: before}, {"z": other, key: after}
        else:
            before, after = [other, before], [other, after]
    return write(before, draw), write(after, draw)


def plain(value: Any) -> Any:
    """A form in which Python's equality is that of JSON values."""
    if isinstance(value, list):
        return ("list", [plain(item) for item in value])
    if isinstance(value, dict):
        return ("dict", {key: plain(item) for key, item in value.items()})
    return (type(value).__name__, value)


@given(two_writings())
@settings(deadline=None, max_examples=300)
def test_another_writing_is_the_same_content(writings: tuple[str, str]) -> None:
    one, two = writings
    assert digest(one) == digest(two)


@given(a_change())
@settings(deadline=None, max_examples=300)
def test_a_changed_value_is_other_content(writings: tuple[str, str]) -> None:
    one, two = writings
    assert digest(one) != digest(two)


def test_a_short_number_stays_short() -> None:
    numbers = "[" + ",".join(["1e4000"] * 20_000) + "]"
    assert digest(numbers) != digest(numbers.replace("4000", "4001"))
