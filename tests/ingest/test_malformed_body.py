"""Bodies that are no JSON, and those that are but try to be slow: each is dealt with at once."""

import json
import time

import pytest

from app.ingest.body import Kind, NotJson, split

from .reading import event, read

WHOLE = json.dumps([event(id=str(n)) for n in range(3)]).encode()
MANY = 1_000_000

MALFORMED = {
    "truncated": WHOLE[:-20],
    "truncated in a text": b'{"a": "b',
    "truncated in an escape": b'["\\ud8',
    "truncated in a character": '["好'.encode()[:-1],
    "surrogate, then truncated": b'["\\ud800", ',
    "trailing garbage": WHOLE + b" x",
    "two values": b"{}{}",
    "a list, then more": b"[{}] [{}]",
    "trailing comma": b"[{},]",
    "no comma": b"[{} {}]",
    "NaN": b"NaN",
    "NaN within": b'[{"a": NaN}]',
    "Infinity beside a surrogate": b'["\\ud800", -Infinity]',
    "single quotes": b"[{'a': 1}]",
    "comment": b"[] // none",
    "control character": b'["\x01"]',
    "NUL": b"\0" * MANY,
    "not UTF-8": b'["\xff"]',
    "surrogate in UTF-8": b'["\xed\xa0\x80"]',
    "overlong UTF-8": b'["\xc0\xaf"]',
    "gzip": b"\x1f\x8b\x08\x00",
    "BOM": b"\xef\xbb\xbf" + WHOLE,
    "BOM and an object": b"\xef\xbb\xbf{}",
    "UTF-16": WHOLE.decode().encode("utf-16"),
    "UTF-16 without BOM": WHOLE.decode().encode("utf-16-le"),
    "UTF-32 without BOM": b"{}".decode().encode("utf-32-be"),
    "deep": b"[" * 100_000,
    "deep and closed": b"[" * 100_000 + b"]" * 100_000,
    "deep objects": b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
    "deep beside a surrogate": b'["\\ud800",' + b"[" * 100_000 + b"]" * 100_000 + b"]",
    "many brackets": b"[],[" * (MANY // 4),
    "many quotes": b'"' * MANY,
    "many backslashes": b'"' + b"\\" * MANY,
    "many digits": b"9" * MANY + b"x",
    "many surrogates": b"[" + b'"\\ud800",' * (MANY // 9),
    "form": b"id=1&type=order.paid",
}


BLANK = {"empty": b"", "blank": b" \n\t"}


@pytest.mark.parametrize("kind", ["event", "batch", "any"])
@pytest.mark.parametrize("body", BLANK.values(), ids=BLANK)
def test_a_blank_body_is_no_json(body: bytes, kind: Kind) -> None:
    with pytest.raises(NotJson):
        split(body, kind)


@pytest.mark.parametrize("kind", ["event", "batch", "any", "lines"])
@pytest.mark.parametrize("body", MALFORMED.values(), ids=MALFORMED)
def test_a_malformed_body_is_no_json_at_once(body: bytes, kind: Kind) -> None:
    begin = time.process_time()
    with pytest.raises(NotJson) as caught:
        split(body, kind)
    assert time.process_time() - begin < 3
    assert str(caught.value).endswith(".")
    assert len(str(caught.value)) < 200


WELL_FORMED = {
    "many surrogates": b"[" + b'"\\ud800",' * (MANY // 9) + b"1]",
    "many lines": b"x\n" * (MANY // 2) + b"1",
    "many items": b"[" + b"1," * (MANY // 2) + b"1]",
}


@pytest.mark.parametrize("body", WELL_FORMED.values(), ids=WELL_FORMED)
def test_a_body_of_many_events_is_split_at_once(body: bytes) -> None:
    begin = time.process_time()
    kind: Kind = "any" if body.startswith(b"[") else "lines"
    assert len(split(body, kind)) > 100_000
    assert time.process_time() - begin < 3


EVENTS_OF_A_MEGABYTE = {
    "exponents": "[" + "1e4000," * (MANY // 7) + "1]",
    "digits": "9" * MANY,
    "fraction": "1." + "9" * MANY,
    "exponent": "1e" + "9" * MANY,
    "lists": "[" + "[]," * (MANY // 3) + "[]]",
    "key above a NUL": '{"' + "k" * (MANY // 2) + '": [' + '"a",' * (MANY // 8) + '"\\u0000"]}',
    "escapes": '"' + "\\ud83d\\ude00" * (MANY // 12) + '"',
}


@pytest.mark.parametrize("value", EVENTS_OF_A_MEGABYTE.values(), ids=EVENTS_OF_A_MEGABYTE)
def test_a_large_event_is_read_at_once(value: str) -> None:
    text = json.dumps(event(more={"mystery": "VALUE"})).replace('"VALUE"', value)
    begin = time.process_time()
    read(text)
    assert time.process_time() - begin < 3
