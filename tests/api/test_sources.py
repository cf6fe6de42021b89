"""Webhook sources: signatures, their age, and the rotation of secrets."""

import json
import time

import pytest

from app.crm import sources
from app.ingest.signature import sign
from tests.api.door import by_webhook, order, problem
from tests.make import Brand, Service

BODY = json.dumps(order("a")).encode()


def signed(brand: Brand, secret: str, at: int | None = None) -> int:
    at = int(time.time()) if at is None else at
    signature = sign(secret, "delivery-1", at, BODY)
    answer = by_webhook(brand, BODY, signature=signature, webhook_timestamp=str(at))
    if answer.status_code == 401:
        problem(answer, 401, "bad_signature")
    return answer.status_code


def test_while_a_secret_is_rotated_both_are_live(brand: Brand, service: Service) -> None:
    def rotate(hours: int) -> str:
        made = service.within(lambda c: sources.rotate(c, brand.brand_id, brand.source_id, hours))
        assert made is not None
        return made

    second = rotate(24)
    assert [signed(brand, each) for each in (brand.secret, second)] == [202, 202]
    third = rotate(24)
    assert [signed(brand, each) for each in (brand.secret, second, third)] == [401, 202, 202]
    fourth = rotate(0)
    assert [signed(brand, each) for each in (second, third, fourth)] == [401, 401, 202]


def test_the_overlap_ends_by_itself(brand: Brand, service: Service) -> None:
    new = service.within(lambda c: sources.rotate(c, brand.brand_id, brand.source_id, 24))
    assert new is not None
    service.sql(
        "UPDATE webhook_source SET old_secret_until = now() - interval '1 second'"
        " WHERE brand_id = :b",
        b=brand.brand_id,
    )
    assert [signed(brand, each) for each in (brand.secret, new)] == [401, 202]


@pytest.mark.parametrize(("seconds", "status"), [(0, 202), (290, 202), (310, 401)])
def test_five_minutes_are_tolerated(brand: Brand, seconds: int, status: int) -> None:
    now = int(time.time())
    assert signed(brand, brand.secret, now - seconds) == status
    assert signed(brand, brand.secret, now + seconds) == status


def test_the_raw_body_and_the_id_are_signed(brand: Brand) -> None:
    now = int(time.time())
    signature = sign(brand.secret, "delivery-1", now, BODY)
    for body, webhook_id in ((BODY + b" ", "delivery-1"), (BODY, "delivery-2")):
        answer = by_webhook(brand, body, webhook_id=webhook_id, signature=signature)
        problem(answer, 401, "bad_signature")


@pytest.mark.parametrize("header", ["webhook_id", "webhook_timestamp", "webhook_signature"])
@pytest.mark.parametrize("value", ["", "é", "v1,", "v1,é", "-1", "v1," + "A" * 44, "," * 5000])
def test_malformed_headers(brand: Brand, header: str, value: str) -> None:
    with brand.client as client:
        now = int(time.time())
        headers = {
            "webhook-id": "delivery-1",
            "webhook-timestamp": str(now),
            "webhook-signature": sign(brand.secret, "delivery-1", now, BODY),
            "content-type": "application/json",
        } | {header.replace("_", "-"): value}
        raw = [(name, text.encode("latin-1")) for name, text in headers.items()]
        answer = client.post(f"/v1/webhooks/{brand.source_id}", content=BODY, headers=raw)  # type: ignore[arg-type]
    problem(answer, 401, "bad_signature")
    assert brand.ask("/v1/status")["dead_letters"] == 0


def test_the_secret_of_another_source_is_none(brand: Brand, service: Service) -> None:
    assert signed(brand, service.brand().secret) == 401
