"""Texts that no database can keep, and JSON that is none or too deep."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.ingest.decode import Accepted, Rejection
from app.ingest.text import MOST_LEVELS, storable

from .contract import TYPES
from .reading import accepted, event, read, refused

UNFIT = ["\0", "a\0b", "\ud800", "\udfff", "\udc00\ud800", "\ud83d\ud83d\ude00", "好\0"]
TOO_DEEP = ("invalid_json", None)


@pytest.mark.parametrize("unfit", UNFIT, ids=ascii)
@pytest.mark.parametrize(
    ("changed", "field"),
    [
        (lambda t: event("message.sent", {"text": t}), "/data/text"),
        (lambda t: event("message.sent", {"message_id": t}), "/data/message_id"),
        (lambda t: event("group.snapshot", {"member_ids": ["m1", t]}), "/data/member_ids/1"),
        (lambda t: event("order.paid", {"items": [{}, {"sku": t}]}), "/data/items/1/sku"),
        (lambda t: event("order.paid", {"mystery": {"a": [t]}}), "/data/mystery/a/0"),
        (lambda t: event("order.paid", {"a/b~c": t}), "/data/a~1b~0c"),
        (lambda t: event("order.paid", {"mystery": {"k" + t: 1}}), "/data/mystery"),
        (lambda t: event("member.updated", {"attributes": {t: 1}}), "/data/attributes"),
        (lambda t: event(extension=t), "/extension"),
        (lambda t: event() | {t: 1}, ""),
        (lambda t: event(id=t), "/id"),
        (lambda t: event(source=t), "/source"),
        (lambda t: event() | {"type": t}, "/type"),
        (lambda t: event(time=t), "/time"),
    ],
    ids=range(14),
)
def test_nul_and_lone_surrogates_are_refused(changed: Any, field: str, unfit: str) -> None:
    assert refused(changed(unfit)) == ("invalid", field)


@pytest.mark.parametrize("escape", ["\\uD800", "\\uDfFf", "\\udC00", "\\u0000"])
def test_escapes_are_read_in_either_case(escape: str) -> None:
    text = json.dumps(event("message.sent", {"text": "TEXT"}))
    assert refused(text.replace("TEXT", escape)) == ("invalid", "/data/text")


def test_escapes_that_only_look_alike_are_fine() -> None:
    for text in ["\\u0000", "\\ud800", "😀", "\ud7ff", "\ue000", "\\\\u0000", "\x01", "\U0010ffff"]:
        accepted(event("message.sent", {"text": text}))


def test_a_nul_as_it_is_or_an_unknown_escape_is_no_json() -> None:
    text = json.dumps(event("message.sent", {"text": "TEXT"}))
    for bad in ["\0", "\n", "\t", "\\x41", "\\u00", "\\", '"', "\\ud800\\u00"]:
        assert refused(text.replace("TEXT", bad)) == ("invalid_json", None)


def test_what_is_not_utf_8_is_no_json() -> None:
    raw = json.dumps(event("message.sent", {"text": "TEXT"})).encode()
    for bad in [b"\xff", b"\xc0\x80", b"\xed\xa0\x80", b"\xe4\xbd", b"\xf4\x90\x80\x80"]:
        assert refused(raw.replace(b"TEXT", bad)) == ("invalid_json", None)
        assert refused(raw.replace(b'"id"', b'"' + bad + b'": 1, "id"')) == ("invalid_json", None)
    assert refused(b"\xef\xbb\xbf" + raw) == ("invalid_json", None)
    assert refused(raw.decode().encode("utf-16")) == ("invalid_json", None)
    assert refused(raw.decode().encode("utf-16-le")) == ("invalid_json", None)


@pytest.mark.parametrize(
    "text", ["", " ", "{", "}", "nul", "NaN", "{} {}", '{"id": }', "{'id': 1}", '{"a": 1,}', "[1,]"]
)
def test_what_is_no_json_is_so_called(text: str) -> None:
    assert refused(text) == ("invalid_json", None)


@pytest.mark.parametrize("text", ["[]", "[{}]", '"x"', "7", "1.5", "null", "true"])
def test_an_event_is_an_object(text: str) -> None:
    assert refused(text) == ("invalid", None)


def test_broken_json_is_no_json_whatever_else_is_wrong() -> None:
    assert refused('{"id": "", "type": "nope", "time": 7') == ("invalid_json", None)


@pytest.mark.parametrize("place", ["mystery", "data"])
def test_deep_json_is_refused_from_a_fixed_depth_on(place: str) -> None:
    room = MOST_LEVELS - (1 if place == "mystery" else 2)

    def nested(levels: int, inner: str) -> str:
        deep = "[" * levels + inner + "]" * levels
        text = json.dumps(event(more={"x": "DEEP"}) if place == "data" else event(x="DEEP"))
        return text.replace('"DEEP"', deep)

    accepted(nested(room, ""))
    accepted(nested(room, "1"))
    assert refused(nested(room + 1, "")) == TOO_DEEP
    assert refused(nested(room + 1, "{}")) == TOO_DEEP
    for levels in (500, 950, 1000, 100_000):
        assert refused(nested(levels, '"\\u0000"')) == TOO_DEEP
    accepted(event(more={"x": [[]] * 500}))
    accepted(event(more={"x": "[{" * 500}))


@settings(deadline=None)
@given(st.binary() | st.text().map(lambda text: text.encode("utf-8", "surrogatepass")))
def test_no_bytes_raise(raw: bytes) -> None:
    assert isinstance(read(raw), Rejection)


@st.composite
def broken(draw: st.DrawFn) -> bytes:
    """An event with a few bytes changed, put in or taken out."""
    type_ = draw(st.sampled_from(sorted(TYPES)))
    raw = bytearray(json.dumps(event(type_, TYPES[type_][1])).encode())
    for _ in range(draw(st.integers(1, 3))):
        at = draw(st.integers(0, len(raw) - 1))
        raw[at : at + draw(st.integers(0, 2))] = draw(
            st.sampled_from([b"", b"0", b"\\", b'"', b"\\u0000", b"\\ud800", b"null", b"e9", b"["])
            | st.binary(max_size=2)
        )
    return bytes(raw)


@given(broken())
@settings(deadline=None, max_examples=400)
def test_what_is_accepted_can_be_stored(raw: bytes) -> None:
    verdict = read(raw)
    if isinstance(verdict, Accepted):
        assert storable(verdict.raw)
        assert storable(verdict.event_id)
        json.loads(verdict.raw, parse_constant=lambda constant: pytest.fail(constant))
    else:
        assert storable(verdict.detail)
        assert verdict.field is None or storable(verdict.field)
