"""Phones: sealed wherever they are stored, found by each way to write them, masked for most."""

import hashlib
from datetime import datetime
from typing import Any

import msgspec

from app.core.clock import microseconds
from app.ingest.content import content_hash, data_of
from tests.make import Brand
from tests.personal.people import Desk, event

PHONE = "138 0013-8000"
DIGITS = "13800138000"
TOLD = event("e1", "member.updated", "03-01T12:00", member_id="u1", nickname="小红", phone=PHONE)


def found(desk: Desk, phone: str, key: str | None = None) -> list[dict[str, Any]]:
    answer = desk.post("/v1/customers/lookup", {"phone": phone}, key)
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


def test_it_is_stored_nowhere_in_the_clear(desk: Desk, brand: Brand) -> None:
    brand.post([TOLD])
    rejected = event("bad", "member.updated", "03-01T12:00", phone=PHONE)
    with brand.client as client:
        assert client.post("/v1/events", json=[rejected]).status_code == 422
    brand.drain()
    for text in (PHONE, DIGITS, "0013"):
        assert desk.left_of(text) == {}
    (row,) = desk.sql("SELECT raw FROM event WHERE brand_id = :b")
    assert '"nickname":"小红"' in row.raw
    assert '"phone":"enc:v1:' in row.raw
    (letter,) = brand.ask("/v1/dead-letters")["items"]
    assert PHONE in letter["raw"]
    with brand.client as client:
        client.headers["authorization"] = f"Bearer {desk.key('read')}"
        (letter,) = client.get("/v1/dead-letters").json()["items"]
    assert '"phone":"138****8000"' in letter["raw"].replace(" ", "")


def test_it_is_found_however_it_is_written(desk: Desk, brand: Brand) -> None:
    brand.post([TOLD])
    brand.drain()
    for phone in (PHONE, DIGITS, "+86 138-0013-8000", "008613800138000", "１３８００１３８０００"):
        (item,) = found(desk, phone)
        assert item["customer_id"] == "m:u1"
    for phone in ("13800138001", "0", "+1 13800138000"):
        assert found(desk, phone) == []


def test_it_is_masked_without_the_scope(desk: Desk, brand: Brand) -> None:
    brand.post([TOLD])
    brand.drain()
    assert found(desk, DIGITS)[0]["phone"] == PHONE
    masked = {"customer_id": "m:u1", "member_id": "u1", "nickname": "小红", "phone": "138****8000"}
    assert found(desk, DIGITS, desk.key("read")) == [masked]
    (entry,) = desk.sql("SELECT action, subject, detail FROM audit_entry WHERE brand_id = :b")
    assert (entry.action, entry.subject) == ("customer.lookup", "m:u1")


def test_the_same_event_again_is_a_duplicate_and_another_phone_a_conflict(
    desk: Desk, brand: Brand
) -> None:
    brand.post([TOLD])
    (receipt,) = brand.post([TOLD, TOLD])
    assert (receipt["accepted"], receipt["duplicates"]) == (0, 2)
    other = TOLD | {"data": TOLD["data"] | {"phone": "13900000000"}}
    (receipt,) = brand.post([TOLD, other])
    assert [each["code"] for each in receipt["rejected"]] == ["id_conflict"]
    (row,) = desk.sql("SELECT length(content_hash) AS n FROM event_identity WHERE brand_id = :b")
    assert row.n == 17


def test_the_latest_one_counts(desk: Desk, brand: Brand) -> None:
    later = event("e2", "member.updated", "03-02T12:00", member_id="u1", phone="13900000000")
    brand.post([later])
    brand.drain()
    brand.post([TOLD])
    brand.drain()
    assert found(desk, DIGITS) == []
    assert found(desk, "13900000000")[0]["nickname"] == "小红"


def test_a_number_or_a_foreign_field_is_sealed_too(desk: Desk, brand: Brand) -> None:
    paid = {"order_id": "o1", "buyer_id": "u1", "amount": 1, "currency": "CNY"}
    brand.post([event("e1", "order.paid", "03-01T12:00", **paid, phone=13800138000)])
    brand.drain()
    assert desk.left_of(DIGITS) == {}


def test_what_the_release_before_stored_is_sealed_by_a_worker(desk: Desk, brand: Brand) -> None:
    as_before(desk)
    assert sorted(desk.left_of(PHONE)) == ["dead_letter", "event", "member"]
    desk.tend()
    assert desk.left_of(PHONE) == {}
    (item,) = found(desk, DIGITS)
    assert (item["member_id"], item["phone"]) == ("u1", PHONE)
    (receipt,) = brand.post([TOLD])
    assert receipt["duplicates"] == 1
    with brand.client as client:
        assert client.post("/v1/events", json=[UNKNOWN]).status_code == 422
    (letter,) = brand.ask("/v1/dead-letters")["items"]
    assert (letter["seen"], letter["raw"]) == (2, msgspec.json.encode(UNKNOWN).decode())


def test_of_an_old_and_a_new_phone_the_later_told_counts(desk: Desk, brand: Brand) -> None:
    as_before(desk)
    earlier = event("e0", "member.updated", "02-01T12:00", member_id="u1", phone="13900000000")
    brand.post([earlier])
    brand.drain()
    desk.tend()
    assert found(desk, "13900000000") == []
    assert found(desk, DIGITS)[0]["member_id"] == "u1"


UNKNOWN = event("x", "odd", "03-01T12:00", phone=PHONE)


def as_before(desk: Desk) -> None:
    """Rows as the release before stored them: an event in the facts, and a dead letter."""
    raw, letter = msgspec.json.encode(TOLD).decode(), msgspec.json.encode(UNKNOWN)
    plain = content_hash(data_of(raw), TOLD["type"], datetime.fromisoformat(TOLD["time"]))
    stamp = [microseconds(datetime.fromisoformat(TOLD["time"])), "e1", "api"]
    desk.sql(
        "INSERT INTO event_identity VALUES (:b, 'api', 'e1', :hash)",
        hash=plain,
    )
    desk.sql(
        "INSERT INTO event (brand_id, event_no, source, event_id, raw)"
        " VALUES (:b, 5, 'api', 'e1', :raw)",
        raw=raw,
    )
    desk.sql("INSERT INTO identity VALUES (:b, 'member', 'u1', 'm:u1')")
    desk.sql(
        "INSERT INTO member (brand_id, member_id, nickname, phone, stamps)"
        " VALUES (:b, 'u1', '小红', :phone, CAST(:stamps AS jsonb))",
        phone=PHONE,
        stamps=msgspec.json.encode({"*": stamp}).decode(),
    )
    desk.sql(
        "INSERT INTO dead_letter (brand_id, source, raw, raw_hash, code, detail)"
        " VALUES (:b, 'api', :raw, :hash, 'unknown_type', '')",
        raw=letter,
        hash=hashlib.blake2b(letter, digest_size=16).digest(),
    )
    desk.sql(
        "INSERT INTO upkeep (brand_id, seal_until) VALUES"
        " (:b, CAST(extract(EPOCH FROM now()) * 1000 + 1000000 AS bigint) << 20)"
    )
