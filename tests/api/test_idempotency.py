"""Idempotency-Key: the same request again has no second effect and the same answer."""

import json
import threading
import uuid
from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.core.db import before_commit
from app.core.errors import Problem
from app.crm import idempotency
from app.crm.idempotency import Claim, Kept
from tests.api.door import by_webhook, problem
from tests.make import Brand, Service


def letter(brand: Brand) -> str:
    """A dead letter that can be mended."""
    name = uuid.uuid4().hex
    by_webhook(brand, json.dumps({"id": name, "type": "no.such", "data": {}}).encode())
    items = brand.ask("/v1/dead-letters")["items"]
    return str(next(each["id"] for each in items if name in each["raw"]))


def good() -> dict[str, Any]:
    return {
        "event": {
            "id": uuid.uuid4().hex,
            "type": "group.created",
            "time": "2025-03-01T00:00:00Z",
            "data": {"group_id": "g1"},
        }
    }


def retry(brand: Brand, which: str, key: str, body: Any) -> httpx.Response:
    with brand.client as client:
        headers = {"idempotency-key": key}
        return client.post(f"/v1/dead-letters/{which}/retry", json=body, headers=headers)


def test_the_same_again_is_answered_as_before_and_marked(brand: Brand) -> None:
    which, body = letter(brand), good()
    first = retry(brand, which, "k1", body)
    assert first.status_code == 202
    assert "idempotency-replayed" not in first.headers
    again = retry(brand, which, "k1", body)
    assert (again.status_code, again.content) == (202, first.content)
    assert again.headers["content-type"] == first.headers["content-type"]
    assert again.headers["idempotency-replayed"] == "true"
    # Quotes of the standard's form make no other key; without a key it is carried out anew.
    assert retry(brand, which, '"k1"', body).headers["idempotency-replayed"] == "true"
    with brand.client as client:
        anew = client.post(f"/v1/dead-letters/{which}/retry", json=body)
    assert anew.status_code == 404


def test_another_body_or_route_is_refused(brand: Brand) -> None:
    which, body = letter(brand), good()
    assert retry(brand, which, "k1", body).status_code == 202
    problem(retry(brand, which, "k1", good()), 422, "idempotency_mismatch", "Idempotency-Key")
    other = letter(brand)
    problem(retry(brand, other, "k1", body), 422, "idempotency_mismatch", "Idempotency-Key")
    assert retry(brand, other, "k2", good()).status_code == 202


def test_keys_are_of_their_actor(brand: Brand, service: Service) -> None:
    other = service.brand()
    body = good()
    assert retry(brand, letter(brand), "k1", body).status_code == 202
    answer = retry(other, letter(other), "k1", body)
    assert answer.status_code == 202
    assert "idempotency-replayed" not in answer.headers


def test_a_refused_request_may_be_mended_under_its_key(brand: Brand) -> None:
    which = letter(brand)
    problem(retry(brand, which, "k1", {"event": 5, "x": 1}), 422, "invalid", "/x")
    assert retry(brand, which, "k1", good()).status_code == 202


@pytest.mark.parametrize("key", ["", "a b", "é", "x" * 256])
def test_malformed_keys(brand: Brand, key: str) -> None:
    which = letter(brand)
    with brand.client as client:
        answer = client.post(
            f"/v1/dead-letters/{which}/retry",
            json=good(),
            headers={b"idempotency-key": key.encode("latin-1")},
        )
    problem(answer, 400, "invalid", "Idempotency-Key")


def test_one_in_flight_is_not_carried_out_beside(brand: Brand, service: Service) -> None:
    which, body = letter(brand), good()
    answers: list[httpx.Response] = []
    first = threading.Thread(target=lambda: answers.append(retry(brand, which, "k1", body)))

    async def meanwhile(connection: AsyncConnection) -> None:
        await connection.execute(
            text(
                "SELECT 1 FROM dead_letter WHERE brand_id = :b AND dead_letter_id = :d FOR UPDATE"
            ),
            {"b": brand.brand_id, "d": int(which)},
        )
        first.start()
        waiting = text("SELECT 1 FROM idempotent_request WHERE brand_id = :b")
        while (await connection.execute(waiting, {"b": brand.brand_id})).one_or_none() is None:
            pass
        refused = retry(brand, which, "k1", body)
        problem(refused, 409, "idempotency_in_flight", "Idempotency-Key")
        assert refused.headers["retry-after"] == "1"

    service.within(meanwhile)
    first.join()
    assert [each.status_code for each in answers] == [202]
    assert retry(brand, which, "k1", body).headers["idempotency-replayed"] == "true"


def backdate(service: Service, brand: Brand, by: timedelta) -> None:
    service.sql(
        "UPDATE idempotent_request SET claimed_at = claimed_at - CAST(:by AS interval)"
        " WHERE brand_id = :brand",
        brand=brand.brand_id,
        by=by,
    )


def claim(service: Service, brand: Brand) -> Claim | Kept:
    return service.within(lambda c: idempotency.claim(c, brand.brand_id, "key:x", "k"))


def test_what_was_lost_before_it_had_an_effect_is_carried_out(
    brand: Brand, service: Service
) -> None:
    lost, second = claim(service, brand), claim(service, brand)
    assert isinstance(lost, Claim)
    assert isinstance(second, Kept)
    assert second.state == "in_flight"
    backdate(service, brand, timedelta(minutes=3))
    assert isinstance(claim(service, brand), Claim)
    # Should the first live after all, it must not have its effect now.
    with pytest.raises(Problem):
        service.within(lambda c: idempotency.mark_carried_out(c, lost))


def test_what_had_its_effect_is_not_carried_out_again(brand: Brand, service: Service) -> None:
    held = claim(service, brand)
    assert isinstance(held, Claim)
    token = before_commit.set(lambda c: idempotency.mark_carried_out(c, held))
    service.sql("SELECT 1")
    before_commit.reset(token)
    service.within(lambda c: idempotency.free(c, held, carried_out=False))
    backdate(service, brand, timedelta(hours=1))
    found = claim(service, brand)
    assert isinstance(found, Kept)
    assert found.state == "lost"
    backdate(service, brand, timedelta(hours=24))
    assert isinstance(claim(service, brand), Claim)


def test_old_keys_are_forgotten(brand: Brand, service: Service) -> None:
    claim(service, brand)
    backdate(service, brand, timedelta(hours=25))
    service.within(lambda c: idempotency.forget_old(c, brand.brand_id))
    assert not service.sql(
        "SELECT 1 FROM idempotent_request WHERE brand_id = :brand", brand=brand.brand_id
    )
