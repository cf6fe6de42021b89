"""Events in over HTTP: the bodies that are taken, by both doors, and how far they may go."""

import base64
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from cloudevents.core.bindings.http import to_binary_event, to_structured_event
from cloudevents.core.v1.event import CloudEvent
from standardwebhooks.webhooks import Webhook

from app.ingest.body import MOST_BYTES, MOST_EVENTS
from tests.api.door import (
    BATCH,
    DOORS,
    EVENT,
    JSON,
    LINES,
    Send,
    by_key,
    by_webhook,
    order,
    problem,
)
from tests.make import Brand, Service, lines


def receipt(accepted: int, duplicates: int = 0) -> dict[str, Any]:
    return {"accepted": accepted, "duplicates": duplicates, "rejected": []}


def body(*ids: str) -> bytes:
    return json.dumps([order(id_) for id_ in ids]).encode()


KINDS = {
    "one event": (EVENT, json.dumps(order("a")).encode(), 1),
    "a batch": (BATCH, body("a", "b"), 2),
    "one object": (JSON, json.dumps(order("a")).encode(), 1),
    "an array": (JSON, body("a", "b", "c"), 3),
    "lines": (LINES, b"\n".join(lines([order("a"), order("b")])), 2),
    "lines with blank ones": (LINES, b"\n \r\n".join(lines([order("a"), order("b")])) + b"\n\n", 2),
}


@DOORS
@pytest.mark.parametrize("what", KINDS)
def test_each_kind_of_body_is_taken_in_once(brand: Brand, send: Send, what: str) -> None:
    kind, sent, count = KINDS[what]
    answer = send(brand, sent, kind)
    assert (answer.status_code, answer.json()) == (202, receipt(count))
    again = send(brand, sent, kind)
    assert (again.status_code, again.json()) == (202, receipt(0, count))
    brand.drain()
    share = brand.ask("/v1/metrics/gmv-share", start="2025-03-01", end="2025-03-02")
    assert share["total"] == {"orders": count, "gmv": 100 * count}


@DOORS
@pytest.mark.parametrize(
    "kind",
    [
        "application/json; charset=utf-8",
        'APPLICATION/JSON;charset="UTF-8"',
        "application/cloudevents-batch+json; charset=utf-8",
        "application/json ; x=y",
    ],
)
def test_parameters_of_the_media_type_are_fine(brand: Brand, send: Send, kind: str) -> None:
    assert send(brand, body("a"), kind).status_code == 202


# ---- what other people's libraries make ----


def cloud_event(id_: str, data: Any) -> CloudEvent:
    when = datetime(2025, 3, 1, 12, tzinfo=UTC)
    return CloudEvent(
        {"id": id_, "source": "//shop", "type": "order.paid", "specversion": "1.0", "time": when},
        data,
    )


@DOORS
def test_a_structured_event_of_cloudevents(brand: Brand, send: Send) -> None:
    message = to_structured_event(cloud_event("a", order("a")["data"]))
    kind = {k.lower(): v for k, v in message.headers.items()}["content-type"]
    assert send(brand, message.body, kind).json() == receipt(1)


@DOORS
def test_the_binary_mode_is_refused_with_a_hint(brand: Brand, send: Send) -> None:
    message = to_binary_event(cloud_event("a", order("a")["data"]))
    headers = {k.lower().replace("-", "_"): v for k, v in message.headers.items()}
    kind = headers.pop("content_type", JSON)
    refused = problem(send(brand, message.body, kind, **headers), 415, "unsupported_media_type")
    assert "application/cloudevents+json" in refused["detail"]


@DOORS
def test_data_base64_is_refused_with_a_hint(brand: Brand, send: Send) -> None:
    event = order("a")
    event["data_base64"] = base64.b64encode(json.dumps(event.pop("data")).encode()).decode()
    answer = send(brand, json.dumps(event).encode(), EVENT)
    refused = problem(answer, 422, "invalid", "/data_base64")
    assert "data as a JSON object" in refused["detail"]


def test_a_signature_of_standardwebhooks(brand: Brand) -> None:
    now = datetime.now(UTC)
    sent, at = body("a"), str(int(now.timestamp()))
    signature = Webhook(brand.secret).sign("msg_1", now, sent.decode())
    answer = by_webhook(brand, sent, webhook_id="msg_1", signature=signature, webhook_timestamp=at)
    assert answer.json() == receipt(1)
    other = Webhook("whsec_" + base64.b64encode(b"x" * 32).decode())
    forged = other.sign("msg_1", now, sent.decode())
    both = by_webhook(
        brand, sent, webhook_id="msg_1", signature=f"{forged} {signature}", webhook_timestamp=at
    )
    assert both.json() == receipt(0, 1)
    problem(
        by_webhook(brand, sent, webhook_id="msg_1", signature=forged, webhook_timestamp=at),
        401,
        "bad_signature",
    )


# ---- ids ----


@DOORS
def test_the_only_event_may_take_the_webhook_id(brand: Brand, send: Send) -> None:
    sent = json.dumps(order(None)).encode()
    assert send(brand, sent, webhook_id="w1").json() == receipt(1)
    assert send(brand, sent, webhook_id="w1").json() == receipt(0, 1)
    assert send(brand, json.dumps([order(None)]).encode(), webhook_id="w1").json() == receipt(0, 1)
    changed = json.dumps(order(None, amount=7)).encode()
    conflict = problem(send(brand, changed, webhook_id="w1"), 422, "id_conflict", "/id")
    assert conflict["rejected"][0]["id"] == "w1"
    assert send(brand, changed, webhook_id="w2").json() == receipt(1)


@DOORS
def test_of_several_events_each_needs_an_id(brand: Brand, send: Send) -> None:
    sent = json.dumps([order("a"), order(None)]).encode()
    answer = send(brand, sent, webhook_id="w1")
    assert answer.status_code == 202
    (rejected,) = answer.json()["rejected"]
    assert (rejected["index"], rejected["code"], rejected["field"]) == (1, "invalid", "/id")
    assert "id" not in rejected or rejected["id"] is None


def test_without_a_webhook_id_an_id_is_required(brand: Brand) -> None:
    problem(by_key(brand, json.dumps(order(None)).encode()), 422, "invalid", "/id")


def test_sources_keep_equal_ids_apart(brand: Brand) -> None:
    for source, amount in (("shop", 1), ("till", 2), ("api", 3)):
        sent = json.dumps(order("a", source=source, amount=amount)).encode()
        assert by_key(brand, sent).json() == receipt(1)
    assert by_webhook(brand, json.dumps(order("a", amount=4)).encode()).json() == receipt(1)
    assert by_key(brand, json.dumps(order("a", amount=3)).encode()).json() == receipt(0, 1)
    problem(by_key(brand, json.dumps(order("a", amount=4)).encode()), 422, "id_conflict", "/id")


# ---- how much ----


@DOORS
@pytest.mark.parametrize("kind", [JSON, LINES])
def test_a_thousand_events_and_one(brand: Brand, send: Send, service: Service, kind: str) -> None:
    joined, ends = (b",", b"[]") if kind == JSON else (b"\n", b"")
    many = lines(order(str(n)) for n in range(MOST_EVENTS + 1))
    over = ends[:1] + joined.join(many) + ends[1:]
    problem(send(brand, over, kind), 413, "too_large")
    assert brand.ask("/v1/status")["pending_events"] == 0
    assert stored_events(service, brand) == 0
    full = ends[:1] + joined.join(many[:-1]) + ends[1:]
    assert send(brand, full, kind).json() == receipt(MOST_EVENTS)


@DOORS
@pytest.mark.parametrize("chunked", [False, True])
def test_a_mebibyte_and_a_byte(brand: Brand, send: Send, chunked: bool) -> None:
    sent = body("a") + b" " * (MOST_BYTES - len(body("a")))
    assert send(brand, sent, chunked=chunked).json() == receipt(1)
    problem(send(brand, sent + b" ", chunked=chunked), 413, "too_large")
    problem(send(brand, sent * 5, chunked=chunked), 413, "too_large")
    status = brand.ask("/v1/status")
    assert status["dead_letters"] == 0
    assert status["oversized_requests"] == (2 if send is by_webhook else 0)


def stored_events(service: Service, brand: Brand) -> int:
    (row,) = service.sql("SELECT count(*) FROM event WHERE brand_id = :b", b=brand.brand_id)
    return int(row[0])


@DOORS
@pytest.mark.parametrize(("kind", "sent"), [(JSON, b"[]"), (BATCH, b" [] "), (LINES, b"\n")])
def test_an_empty_batch(brand: Brand, send: Send, kind: str, sent: bytes) -> None:
    refused = problem(send(brand, sent, kind), 422, "empty_batch")
    assert (refused["accepted"], refused["duplicates"], refused["rejected"]) == (0, 0, [])
    assert brand.ask("/v1/status")["dead_letters"] == 0
