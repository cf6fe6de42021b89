"""Bodies of the four kinds: the raw text of each event, and nothing lost beside a bad one."""

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.ingest.body import KINDS, Kind, NotJson, WrongShape, split

from .reading import event, read, refused

ONE = b'{"id": "1", "n": 1.50, "text": "\\u4f60 \xe5\xa5\xbd"}'
TWO = b'{ "id":"2",\n "list": [1, {"a": "],[}{"}] }'
LONE = b'{"id": "3", "text": "\\ud800"}'
LONG = b'{"id": "4", "n": ' + b"9" * 5000 + b"}"
NUL = b'{"id": "5", "text": "\\u0000"}'
ITEMS = [ONE, TWO, LONE, LONG, NUL, b"{}", b"7", b'"x"', b"null", b"[]", b"[[1]]", b"-0.0e5"]


def test_media_types_are_those_of_the_contract() -> None:
    assert KINDS == {
        "application/cloudevents+json": "event",
        "application/cloudevents-batch+json": "batch",
        "application/json": "any",
        "application/x-ndjson": "lines",
    }


@pytest.mark.parametrize("kind", ["event", "any"])
@pytest.mark.parametrize("body", [ONE, TWO, LONE, LONG, NUL, b"{}", b" \r\n" + ONE + b"\n", b"7"])
def test_one_event_is_the_whole_body(body: bytes, kind: Kind) -> None:
    assert split(body, kind) == [body]


@pytest.mark.parametrize("kind", ["batch", "any"])
@pytest.mark.parametrize(
    ("items", "joint"),
    [([], b""), ([ONE], b","), (ITEMS, b","), (ITEMS, b" \r\n,\t "), ([LONE], b",")],
)
def test_the_items_of_an_array_are_its_events(items: list[bytes], joint: bytes, kind: Kind) -> None:
    body = b"[" + joint.join(items) + b"]"
    assert split(body, kind) == items
    assert split(b"\n [ " + body[1:-1] + b" ] \n", kind) == items


def test_an_array_where_one_event_is_due_is_one_bad_event() -> None:
    body = b"[" + ONE + b"]"
    assert split(body, "event") == [body]
    assert refused(body) == ("invalid", None)


@pytest.mark.parametrize("body", [ONE, LONE, b"7", b"null", b'"[]"'])
def test_a_batch_is_an_array(body: bytes) -> None:
    with pytest.raises(WrongShape):
        split(body, "batch")


def test_items_that_are_no_objects_are_refused_one_by_one() -> None:
    body = json.dumps([event(), 7, "x", None, [event()], event(id="e2")]).encode()
    fates = [type(read(raw)).__name__ for raw in split(body, "any")]
    assert fates == ["Accepted", *["Rejection"] * 4, "Accepted"]


def test_a_lone_surrogate_does_not_sink_its_neighbours() -> None:
    bad = event("message.sent", {"text": "\ud800"})
    for kind, body in [
        ("batch", json.dumps([event(id="1"), bad, event(id="2")])),
        ("any", json.dumps([bad, bad, event(id="1"), event(id="2")], indent=1)),
        ("lines", "\n".join(json.dumps(each) for each in [event(id="1"), bad, event(id="2")])),
    ]:
        raws = split(body.encode(), kind)  # type: ignore[arg-type]
        fine = [verdict.event_id for raw in raws if hasattr(verdict := read(raw), "event_id")]
        assert fine == ["1", "2"]


# ---- lines ----


def test_lines_are_events_and_blank_ones_are_none() -> None:
    flat = [ONE, LONE, LONG, b"{}"]
    assert split(b"\n".join(flat), "lines") == flat
    assert split(b"\r\n".join(flat) + b"\r\n", "lines") == flat
    assert split(b"\n\n \t\r\n" + b"\n\r\n\n".join(flat) + b"\n \n", "lines") == flat


@pytest.mark.parametrize(
    "bad", [b"{", b"x", b"NaN", b"\xff", b"\xef\xbb\xbf{}", b"{} {}", b"[" * 99999]
)
def test_a_bad_line_stands_alone(bad: bytes) -> None:
    lines = [bad, ONE, bad, TWO.replace(b"\n", b"")]
    assert split(b"\n".join(lines), "lines") == lines
    assert refused(bad) == ("invalid_json", None)


@pytest.mark.parametrize("body", [b"", b"\n", b" \r\n\t\n"])
def test_no_line_is_no_event(body: bytes) -> None:
    assert split(body, "lines") == []


@pytest.mark.parametrize("body", [b"x", b"{\n}", b"\xff\xfe\nNaN\n", b"[\n[\n"])
def test_bad_lines_only_are_no_json(body: bytes) -> None:
    with pytest.raises(NotJson):
        split(body, "lines")


@given(st.binary(), st.sampled_from(["event", "batch", "any", "lines"]))
@settings(deadline=None)
def test_no_bytes_raise_anything_else(body: bytes, kind: Kind) -> None:
    with suppress(NotJson, WrongShape):
        split(body, kind)


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters()),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)


@given(st.lists(json_values, max_size=5), st.sampled_from([None, 0, 2]))
@settings(deadline=None)
def test_slices_are_the_items_as_written(items: list[Any], indent: int | None) -> None:
    body = json.dumps(items, indent=indent)
    raws = [raw.decode() for raw in split(body.encode(), "any")]
    assert [json.loads(raw) for raw in raws] == items
    at = 0
    for raw in raws:
        at = body.index(raw, at) + len(raw)
