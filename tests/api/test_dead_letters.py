"""Dead letters: kept with their text and reason, counted, retried as they are or corrected."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.ingest.dead_letters import forget_old
from tests.api.door import LINES, by_key, by_webhook, order, problem
from tests.make import Brand, Service


def letters(brand: Brand, **params: Any) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = brand.ask("/v1/dead-letters", **params)["items"]
    return items


def send(brand: Brand, event: dict[str, Any]) -> httpx.Response:
    return by_webhook(brand, json.dumps(event).encode())


def retry(brand: Brand, letter_id: str, **body: Any) -> httpx.Response:
    with brand.client as client:
        path = f"/v1/dead-letters/{letter_id}/retry"
        return client.post(path, json=body) if body else client.post(path)


def test_it_is_kept_with_raw_text_and_reason(brand: Brand) -> None:
    raw = '{"id": "x",  "type": "order.paid", "mystery": "好"}'
    before = datetime.now(UTC) - timedelta(minutes=1)
    problem(by_webhook(brand, raw.encode()), 422, "invalid", "/data")
    (letter,) = letters(brand)
    assert letter["raw"] == raw
    assert (letter["code"], letter["field"]) == ("invalid", "/data")
    assert letter["detail"]
    assert letter["source"] == brand.source_id
    assert letter["seen"] == 1
    assert datetime.fromisoformat(letter["first_seen"]) > before
    assert brand.ask("/v1/status")["dead_letters"] == 1


def test_the_same_text_again_is_one_row(brand: Brand) -> None:
    bad = json.dumps(order("a", amount=-1)).encode()
    by_webhook(brand, bad)
    (first,) = letters(brand)
    by_webhook(brand, bad)
    by_webhook(brand, b"\n".join([bad, bad, json.dumps(order("b")).encode()]), LINES)
    (letter,) = letters(brand)
    assert letter["seen"] == 4
    assert letter["id"] == first["id"]
    assert letter["first_seen"] == first["first_seen"]
    assert letter["last_seen"] > first["last_seen"]
    by_key(brand, bad)
    assert [each["source"] for each in letters(brand)] == ["api", brand.source_id]


def test_pages_follow_one_another(brand: Brand) -> None:
    by_key(brand, "\n".join(f"bad {n}" for n in range(7)).encode() + b"\n{}", LINES)
    by_key(brand, b"{}")
    seen: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        page = brand.ask("/v1/dead-letters", limit=3, **cursor)
        seen += [each["id"] for each in page["items"]]
        if page["next"] is None:
            break
        cursor = {"cursor": page["next"]}
    # The eight lines were no request with a line of JSON in it but one: all are rows.
    assert len(seen) == len(set(seen)) == 8
    assert sorted(seen, key=int, reverse=True) == seen
    assert {each["code"] for each in letters(brand, code="invalid")} == {"invalid"}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("limit", "0"),
        ("limit", "201"),
        ("limit", "x"),
        ("cursor", "x"),
        ("cursor", "-1"),
        ("cursor", "9" * 30),
    ],
)
def test_malformed_parameters(brand: Brand, field: str, value: str) -> None:
    with brand.client as client:
        answer = client.get("/v1/dead-letters", params={field: value})
    problem(answer, 400, "invalid", field)


# ---- again ----


def test_as_it_is_it_stays_unknown(brand: Brand) -> None:
    send(brand, order("a") | {"type": "order.teleported"})
    (letter,) = letters(brand)
    refused = problem(retry(brand, letter["id"]), 422, "unknown_type", "/type")
    assert refused["rejected"][0]["id"] == "a"
    assert letters(brand) == [letter]


def test_as_it_is_where_its_time_has_come(brand: Brand, service: Service) -> None:
    send(brand, order("a", currency="USD"))
    (letter,) = letters(brand)
    with brand.client as client:
        assert client.patch("/v1/brand", json={"currency": "USD"}).status_code == 200
    assert retry(brand, letter["id"]).json() == {"accepted": 1, "duplicates": 0, "rejected": []}
    assert letters(brand) == []
    brand.drain()
    assert brand.ask("/v1/orders/o-a/explain") is not None
    (row,) = service.sql("SELECT source FROM event WHERE brand_id = :b", b=brand.brand_id)
    assert row.source == brand.source_id


def test_corrected_it_keeps_its_source(brand: Brand, service: Service) -> None:
    send(brand, order("a", amount=1.5))
    (letter,) = letters(brand)
    wrong = retry(brand, letter["id"], event=order("a", amount=-150))
    problem(wrong, 422, "amount_out_of_range", "/data/amount")
    assert letters(brand) == [letter]
    answer = retry(brand, letter["id"], event=order("a", amount=150))
    assert (answer.status_code, answer.json()["accepted"]) == (202, 1)
    assert letters(brand) == []
    (row,) = service.sql("SELECT source, event_id FROM event WHERE brand_id = :b", b=brand.brand_id)
    assert (row.source, row.event_id) == (brand.source_id, "a")
    problem(retry(brand, letter["id"]), 404, "not_found")


def test_a_missing_id_is_still_that_of_the_delivery(brand: Brand, service: Service) -> None:
    sent = json.dumps(order(None, amount=1.5)).encode()
    by_webhook(brand, sent, webhook_id="w7")
    (letter,) = letters(brand)
    assert retry(brand, letter["id"], event=order(None, amount=150)).status_code == 202
    (row,) = service.sql("SELECT event_id FROM event WHERE brand_id = :b", b=brand.brand_id)
    assert row.event_id == "w7"


def test_what_came_meanwhile_is_a_duplicate_or_a_conflict(brand: Brand) -> None:
    send(brand, order("a", amount=1.5))
    (letter,) = letters(brand)
    send(brand, order("a", amount=150))
    conflict = retry(brand, letter["id"], event=order("a", amount=151))
    problem(conflict, 422, "id_conflict", "/id")
    answer = retry(brand, letter["id"], event=order("a", amount=150))
    assert answer.json() == {"accepted": 0, "duplicates": 1, "rejected": []}
    assert letters(brand) == []


def test_null_and_an_empty_body_mean_as_it_is(brand: Brand) -> None:
    send(brand, order("a") | {"type": "order.teleported"})
    (letter,) = letters(brand)
    path = f"/v1/dead-letters/{letter['id']}/retry"
    with brand.client as client:
        for content in (b"", b"{}", b'{"event": null}'):
            answer = client.post(
                path, content=content, headers={"content-type": "application/json"}
            )
            problem(answer, 422, "unknown_type", "/type")


def test_a_body_that_is_none_is_refused(brand: Brand) -> None:
    send(brand, order("a") | {"type": "order.teleported"})
    (letter,) = letters(brand)
    path = f"/v1/dead-letters/{letter['id']}/retry"
    kind = {"content-type": "application/json"}
    with brand.client as client:
        problem(client.post(path, content=b"{", headers=kind), 400, "invalid_json")
        problem(client.post(path, content=b"[]", headers=kind), 422, "invalid")
        typo = client.post(path, json={"evnt": order("a")})
        problem(typo, 422, "invalid", "/evnt")
        untyped = client.post(path, content=b'{"event": {}}')
        problem(untyped, 415, "unsupported_media_type")
        nul = client.post(path, content=b'{"event": {"id": "\\u0000"}}', headers=kind)
        problem(nul, 422, "invalid", "/event/id")
    assert letters(brand) == [letter]


def test_those_of_another_brand_are_not_there(brand: Brand, service: Service) -> None:
    send(brand, order("a", amount=1.5))
    (letter,) = letters(brand)
    other = service.brand()
    assert letters(other) == []
    problem(retry(other, letter["id"]), 404, "not_found")
    problem(retry(other, letter["id"], event=order("a")), 404, "not_found")
    assert letters(brand) == [letter]
    for nothing in ("0", "x", "-1", "9" * 18, "9" * 40, "%00"):
        with brand.client as client:
            answer = client.post(f"/v1/dead-letters/{nothing}/retry")
        assert answer.status_code in (400, 404)


def test_they_are_kept_90_days_from_the_last_time(brand: Brand, service: Service) -> None:
    by_key(brand, b"old\n{}\nyoung", LINES)

    ids = {each["raw"]: int(each["id"]) for each in letters(brand)}

    async def age(connection: AsyncConnection) -> None:
        for raw, days in (("old", 91), ("young", 89)):
            await connection.execute(
                text(
                    "UPDATE dead_letter SET first_seen = now() - interval '200 days',"
                    " last_seen = now() - make_interval(days => :days)"
                    " WHERE brand_id = :b AND dead_letter_id = :id"
                ),
                {"days": days, "b": brand.brand_id, "id": ids[raw]},
            )
        await forget_old(connection, brand.brand_id)

    service.within(age)
    assert {each["raw"] for each in letters(brand)} == {"{}", "young"}
