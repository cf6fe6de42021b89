"""The event types and their data, as the contract has them: no more, no less, none too lax."""

import json
from typing import Any, get_args

import msgspec
import pytest

from app.events import AnyEvent

from .contract import SOURCE_KINDS, TYPES, WORDS
from .reading import accepted, event, refused

_decoder = msgspec.json.Decoder(AnyEvent)

REQUIRED = [(type_, field) for type_, (required, _) in TYPES.items() for field in required]
OPTIONAL = [(type_, field) for type_, (_, more) in TYPES.items() for field in more]
NESTED = [
    (type_, field, inner)
    for type_, (_, more) in TYPES.items()
    for field, value in more.items()
    if isinstance(value, dict) and field != "attributes"
    for inner in value
]
PROBES: list[Any] = [True, 1.5, 7, "7", [], ["x"], [7], {}, {"x": 1}]


def fits(probe: Any, example: Any) -> bool:
    """Whether a probe is of the type of a field, given an example of what it holds."""
    if isinstance(example, list):
        strings = isinstance(example[0], str)
        return probe == [] or (strings and probe == ["x"])
    if isinstance(example, dict) and "kind" in example:
        return False
    return type(probe) is type(example)


def test_the_types_are_those_of_the_contract() -> None:
    assert {each.__struct_config__.tag for each in get_args(AnyEvent)} == set(TYPES)


@pytest.mark.parametrize("type_", TYPES)
def test_the_fields_are_those_of_the_contract(type_: str) -> None:
    required, more = TYPES[type_]
    structs = {each.__struct_config__.tag: each for each in get_args(AnyEvent)}
    fields = msgspec.structs.fields(structs[type_].__annotations__["data"])
    assert {each.name for each in fields if each.required} == set(required)
    assert {each.name for each in fields if not each.required} == set(more)


@pytest.mark.parametrize("type_", TYPES)
def test_required_fields_are_enough(type_: str) -> None:
    assert accepted(event(type_)).event_id == "e1"


@pytest.mark.parametrize("type_", TYPES)
def test_all_fields_are_taken(type_: str) -> None:
    full = event(type_, TYPES[type_][1], specversion="1.0", source="s", subject="x")
    accepted(full)
    decoded = msgspec.to_builtins(_decoder.decode(json.dumps(full)).data)
    required, more = TYPES[type_]
    assert decoded == required | more


@pytest.mark.parametrize(("type_", "field"), REQUIRED)
def test_a_required_field_is_required(type_: str, field: str) -> None:
    missing = event(type_)
    missing["data"] = {k: v for k, v in missing["data"].items() if k != field}
    assert refused(missing) == ("invalid", f"/data/{field}")
    assert refused(event(type_, {field: None})) == ("invalid", f"/data/{field}")


@pytest.mark.parametrize(("type_", "field"), REQUIRED + OPTIONAL)
def test_a_field_of_another_type_is_invalid(type_: str, field: str) -> None:
    required, more = TYPES[type_]
    example = (required | more)[field]
    wrong = [probe for probe in PROBES if not fits(probe, example)]
    assert len(wrong) >= len(PROBES) - 4
    for probe in wrong:
        code, pointer = refused(event(type_, {field: probe}))
        assert code == "invalid"
        assert pointer is not None
        assert pointer.startswith(f"/data/{field}")


@pytest.mark.parametrize(("type_", "field"), OPTIONAL)
def test_null_counts_as_absent(type_: str, field: str) -> None:
    null, absent = event(type_, {field: None}), event(type_)
    accepted(null)
    assert _decoder.decode(json.dumps(null)) == _decoder.decode(json.dumps(absent))


@pytest.mark.parametrize(("type_", "field", "inner"), NESTED)
def test_null_counts_as_absent_within_a_field(type_: str, field: str, inner: str) -> None:
    if (field, inner) == ("source", "kind"):
        expected = ("invalid", "/data/source/kind")
        assert refused(event(type_, {field: {inner: None}})) == expected
        assert refused(event(type_, {field: {}})) == expected
    else:
        kind = {"kind": "other"} if field == "source" else {}
        null = event(type_, {field: kind | {inner: None}})
        accepted(null)
        absent = event(type_, {field: kind})
        assert _decoder.decode(json.dumps(null)) == _decoder.decode(json.dumps(absent))
        wrong = event(type_, {field: kind | {inner: 7}})
        assert refused(wrong) == ("invalid", f"/data/{field}/{inner}")


@pytest.mark.parametrize(("type_", "field", "words"), WORDS)
def test_a_word_is_one_of_a_few(type_: str, field: str, words: list[str]) -> None:
    for word in words:
        accepted(event(type_, {field: word}))
    for other in ["", "unknown", words[0].upper(), words[0] + " "]:
        assert refused(event(type_, {field: other})) == ("invalid", f"/data/{field}")


def test_a_source_is_of_a_known_kind() -> None:
    for kind in SOURCE_KINDS:
        accepted(event("member.joined", {"source": {"kind": kind}}))
    unknown = event("member.joined", {"source": {"kind": "unknown"}})
    assert refused(unknown) == ("invalid", "/data/source/kind")


def test_lists_are_checked_item_by_item() -> None:
    snapshot = event("group.snapshot", {"member_ids": ["m1", None, "m3"]})
    assert refused(snapshot) == ("invalid", "/data/member_ids/1")
    items = event("order.placed", {"items": [{}, {"quantity": "2"}]})
    assert refused(items) == ("invalid", "/data/items/1/quantity")
    accepted(event("group.snapshot", {"member_ids": []}))


@pytest.mark.parametrize("inner", [{}, [], {"a": 1}, [1]])
def test_attributes_are_flat(inner: Any) -> None:
    nested = event("member.updated", {"attributes": {"city": "上海", "address": inner}})
    code, pointer = refused(nested)
    assert code == "invalid"
    assert pointer == "/data/attributes"


@pytest.mark.parametrize("type_", ["order.payed", "", "Order.paid", "order.paid ", "x" * 5000])
def test_an_unknown_type_is_named(type_: str) -> None:
    assert refused(event() | {"type": type_, "data": {"any": "thing"}}) == ("unknown_type", "/type")


def test_what_a_type_quotes_does_not_mislead() -> None:
    for type_ in [
        "a - at `$.data.amount`",
        "x Object missing required field `id`",
        "` - at `$.time",
    ]:
        assert refused(event() | {"type": type_}) == ("unknown_type", "/type")
        word = event("message.sent", {"kind": type_})
        assert refused(word) == ("invalid", "/data/kind")


@pytest.mark.parametrize("attribute", ["type", "time", "data"])
def test_a_required_attribute_is_required(attribute: str) -> None:
    missing = {k: v for k, v in event().items() if k != attribute}
    assert refused(missing) == ("invalid", f"/{attribute}")
    assert refused(event() | {attribute: None}) == ("invalid", f"/{attribute}")
    assert refused(event() | {attribute: 7}) == ("invalid", f"/{attribute}")


@pytest.mark.parametrize("attribute", ["source", "specversion", "subject", "datacontenttype"])
def test_an_optional_attribute_may_be_null(attribute: str) -> None:
    accepted(event() | {attribute: None})
    assert refused(event() | {attribute: 7}) == ("invalid", f"/{attribute}")


def test_unknown_attributes_and_fields_are_kept_and_ignored() -> None:
    text = json.dumps(event(more={"mystery": [{"deep": 1}]}, traceparent="00-a", extension={}))
    assert accepted(text).raw == text
    huge = '{"x": [1e400, 99999999999999999999999, ' + "9" * 5000 + "]}"
    accepted(text.replace('"00-a"', huge))
    accepted(text.replace('{"deep": 1}', huge))
