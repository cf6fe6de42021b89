"""Whatever is sent alone: a 4xx as problem+json with a stable code and field, and at once."""

import gzip
import json
import statistics
import time
from typing import Any

import pytest

from app.ingest.body import MOST_BYTES
from tests.api.door import BATCH, DOORS, EVENT, JSON, LINES, Send, by_key, order, problem
from tests.make import Brand

FINE = json.dumps(order("a")).encode()


def changed(path: str, literal: str) -> bytes:
    """The event with one value replaced by a literal."""
    event: Any = order("a")
    *ways, last = path.split("/")[1:]
    at = event
    for way in ways:
        at = at[way]
    at[last] = "LITERAL"
    return json.dumps(event).replace('"LITERAL"', literal).encode()


Case = tuple[bytes, str, int, str, str | None]


def invalid(sent: bytes, field: str | None, code: str = "invalid", kind: str = JSON) -> Case:
    return sent, kind, 422, code, field


def no_json(sent: bytes, kind: str = JSON) -> Case:
    return sent, kind, 400, "invalid_json", None


CASES: dict[str, Case] = {
    "oversized": (b"[" * (MOST_BYTES + 1), JSON, 413, "too_large", None),
    "empty": no_json(b""),
    "truncated": no_json(FINE[:-5]),
    "truncated text": no_json(FINE[:20]),
    "deep": no_json(b"[" * 100_000),
    "deep and closed": no_json(b"[" * 100_000 + b"]" * 100_000),
    "deep objects": no_json(b'{"a":' * 100_000 + b"1" + b"}" * 100_000),
    "deep data": invalid(changed("/data", "[" * 200 + "]" * 200), None, "invalid_json"),
    "deep line": no_json(b"[" * 100_000, LINES),
    "not UTF-8": no_json(b'{"id": "\xff"}'),
    "UTF-16": no_json(FINE.decode().encode("utf-16")),
    "BOM": no_json(b"\xef\xbb\xbf" + FINE),
    "NUL byte": no_json(FINE.replace(b"b1", b"b\x00")),
    "NUL escape": invalid(changed("/data/buyer_id", '"b\\u0000"'), "/data/buyer_id"),
    "NUL in a key": invalid(changed("/data/x", '{"a\\u0000": 1}'), "/data/x"),
    "NUL in the id": invalid(changed("/id", '"\\u0000"'), "/id"),
    "NUL in the type": invalid(changed("/type", '"order.paid\\u0000"'), "/type"),
    "lone surrogate": invalid(changed("/data/buyer_id", '"\\ud800"'), "/data/buyer_id"),
    "gzip": no_json(gzip.compress(FINE)),
    "form": no_json(b"id=1&type=order.paid"),
    "a number": invalid(b"1", None),
    "null": invalid(b"null", None),
    "a text": invalid(b'"order.paid"', None),
    "a list as an event": invalid(b"[]", None, kind=EVENT),
    "an object as a batch": invalid(FINE, None, kind=BATCH),
    "no type": invalid(b'{"id": "a"}', "/type"),
    "unknown type": invalid(changed("/type", '"order.paidd"'), "/type", "unknown_type"),
    "type 1": invalid(changed("/type", "1"), "/type"),
    "no data": invalid(FINE.replace(b'"data"', b'"dat"'), "/data"),
    "data null": invalid(changed("/data", "null"), "/data"),
    "data a list": invalid(changed("/data", "[]"), "/data"),
    "id 1": invalid(changed("/id", "1"), "/id"),
    "id too long": invalid(changed("/id", '"' + "x" * 129 + '"'), "/id"),
    "order_id 1": invalid(changed("/data/order_id", "1"), "/data/order_id"),
    "kind unknown": invalid(changed("/data/kind", '"free"'), "/data/kind"),
    "touch a text": invalid(changed("/data/touch", '"g1"'), "/data/touch"),
    "no time": invalid(FINE.replace(b'"time"', b'"tim"'), "/time"),
    "time without offset": invalid(changed("/time", '"2025-03-01T12:00:00"'), "/time"),
    "time a number": invalid(changed("/time", "1700000000"), "/time"),
    "time 1969": invalid(changed("/time", '"1969-12-31T23:59:59Z"'), "/time", "time_out_of_range"),
    "time 9999": invalid(changed("/time", '"9999-12-31T23:59:59Z"'), "/time", "time_out_of_range"),
    "time 60": invalid(changed("/time", '"2025-03-01T12:00:60Z"'), "/time"),
    "amount -1": invalid(changed("/data/amount", "-1"), "/data/amount", "amount_out_of_range"),
    "amount 1.5": invalid(changed("/data/amount", "1.5"), "/data/amount"),
    "amount 1.0": invalid(changed("/data/amount", "1.0"), "/data/amount"),
    "amount text": invalid(changed("/data/amount", '"12"'), "/data/amount"),
    "amount true": invalid(changed("/data/amount", "true"), "/data/amount"),
    "amount 10^23": invalid(
        changed("/data/amount", "1" + "0" * 23), "/data/amount", "amount_out_of_range"
    ),
    "amount NaN": no_json(changed("/data/amount", "NaN")),
    "amount Infinity": no_json(changed("/data/amount", "-Infinity")),
    "currency": invalid(changed("/data/currency", '"USD"'), "/data/currency", "currency_mismatch"),
    "text/plain": (FINE, "text/plain", 415, "unsupported_media_type", None),
    "form type": (
        FINE,
        "application/x-www-form-urlencoded",
        415,
        "unsupported_media_type",
        None,
    ),
    "empty type": (FINE, "", 415, "unsupported_media_type", None),
}


@DOORS
@pytest.mark.parametrize("what", CASES)
def test_sent_alone(brand: Brand, send: Send, what: str) -> None:
    sent, kind, status, code, field = CASES[what]
    took = []
    for _ in range(3):
        began = time.perf_counter()
        answer = send(brand, sent, kind)
        took.append(time.perf_counter() - began)
        refused = problem(answer, status, code, field)
    assert statistics.median(took) < 1
    if status == 422 and "rejected" in refused:
        (rejected,) = refused["rejected"]
        assert rejected["index"] == 0
        assert (rejected["code"], rejected.get("field")) == (code, field)
        assert rejected["detail"]
    letters = brand.ask("/v1/dead-letters")["items"]
    if status in (400, 422):
        (letter,) = letters
        assert (letter["code"], letter["field"], letter["seen"]) == (code, field, 3)
        assert letter["raw"] == sent.decode("utf-8", "replace")
    else:
        assert letters == []
    assert send(brand, FINE).json()["accepted"] == 1, "the identity was occupied"


@DOORS
@pytest.mark.parametrize("encoding", ["gzip", "br", "deflate", "x-nothing"])
def test_a_content_encoding_is_refused(brand: Brand, send: Send, encoding: str) -> None:
    sent = gzip.compress(FINE) if encoding == "gzip" else FINE
    problem(send(brand, sent, content_encoding=encoding), 415, "unsupported_media_type")


def test_no_content_type_at_all(brand: Brand) -> None:
    problem(by_key(brand, FINE, None), 415, "unsupported_media_type")


@DOORS
def test_one_bad_event_does_not_sink_its_neighbours(brand: Brand, send: Send) -> None:
    bad = [
        (sent, code, field)
        for sent, kind, status, code, field in CASES.values()
        if status == 422 and kind == JSON and sent.startswith(b"{")
    ]
    parts = [FINE, *(sent for sent, _, _ in bad), json.dumps(order("z")).encode()]
    for kind, sent in ((JSON, b"[" + b",".join(parts) + b"]"), (LINES, b"\n".join(parts))):
        answer = send(brand, sent, kind)
        assert answer.status_code == 202
        got = answer.json()
        assert got["accepted"] + got["duplicates"] == 2
        assert [(r["index"], r["code"], r.get("field")) for r in got["rejected"]] == [
            (index, code, field) for index, (_, code, field) in enumerate(bad, 1)
        ]


@DOORS
def test_a_line_that_is_no_json_is_one_rejected_event(brand: Brand, send: Send) -> None:
    answer = send(brand, b"nonsense\n" + FINE + b"\n\xff\n", LINES)
    assert answer.status_code == 202
    assert [(r["index"], r["code"]) for r in answer.json()["rejected"]] == [
        (0, "invalid_json"),
        (2, "invalid_json"),
    ]
