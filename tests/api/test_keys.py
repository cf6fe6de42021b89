"""API keys: what is one, and that it speaks for its brand alone."""

from typing import Any

import httpx
import pytest

from app.crm import keys
from tests.api.door import by_key, order, problem
from tests.make import Brand, Service


@pytest.mark.parametrize(
    "authorization",
    [
        "",
        "Bearer",
        "Bearer ,",
        "Basic {key}",
        "{key}",
        "Bearer {key}x",
        "Bearer {swapped}",
        "Bearer hq_1_abcdefgh_" + "x" * 40,
        "Bearer " + "é" * 10,
        "Bearer " + "x" * 5000,
        "Bearer hq_9999999999999999999_abcdefgh_" + "x" * 40,
    ],
)
def test_what_is_no_key(brand: Brand, authorization: str) -> None:
    swapped = brand.key[:-1] + ("a" if brand.key[-1] != "a" else "b")
    sent = authorization.replace("{key}", brand.key).replace("{swapped}", swapped)
    headers = {"authorization": sent.encode("latin-1")}
    with httpx.Client(base_url=brand.base, trust_env=False) as client:
        answer = client.get("/v1/brand", headers=headers)  # type: ignore[arg-type]
    problem(answer, 401, "unauthenticated")


def test_the_scheme_is_read_in_any_case(brand: Brand) -> None:
    for scheme in ("bearer", "BEARER"):
        headers = {"authorization": f"{scheme} {brand.key}"}
        answer = httpx.get(f"{brand.base}/v1/brand", headers=headers, trust_env=False)
        assert answer.status_code == 200


def test_a_revoked_key_is_none_at_once(brand: Brand, service: Service) -> None:
    assert brand.ask("/v1/brand")["brand_id"] == str(brand.brand_id)
    key_id = brand.key.split("_")[2]
    assert service.within(lambda c: keys.revoke(c, brand.brand_id, key_id))
    with brand.client as client:
        problem(client.get("/v1/brand"), 401, "unauthenticated")
        problem(client.post("/v1/events", json=order("a")), 401, "unauthenticated")


def test_only_the_hash_of_a_key_is_kept(brand: Brand, service: Service) -> None:
    rows = service.sql("SELECT * FROM api_key WHERE brand_id = :b", b=brand.brand_id)
    assert brand.key.rsplit("_", 1)[1] not in repr(rows)


def test_ids_of_another_brand_are_not_there(brand: Brand, service: Service) -> None:
    other = service.brand()
    other.post([order("a", touch={"group_id": "g1", "note_id": "n1", "creator_id": "c1"})])
    other.drain()
    assert other.ask("/v1/orders/o-a/explain")["group_id"] == "g1"
    assert brand.ask("/v1/orders/o-a/explain") is None
    window: dict[str, Any] = {"start": "2025-03-01", "end": "2025-03-02"}
    for only in ({}, {"group_id": "g1"}, {"note_id": "n1"}, {"creator_id": "c1"}):
        assert other.ask("/v1/metrics/repurchase", **window, **only)["buyers"] == 1
        assert brand.ask("/v1/metrics/repurchase", **window, **only)["buyers"] == 0
    with brand.client as client:
        answer = client.get("/v1/orders/o-a/explain")
        nowhere = client.get("/v1/orders/o-nowhere/explain")
    assert problem(answer, 404, "not_found") == problem(nowhere, 404, "not_found")


def test_a_key_writes_into_its_own_brand_alone(brand: Brand, service: Service) -> None:
    other = service.brand()
    assert by_key(brand, b"{}").status_code == 422
    assert other.ask("/v1/status")["dead_letters"] == 0
    answer = httpx.post(
        f"{brand.base}/v1/webhooks/{other.source_id}",
        headers={"authorization": f"Bearer {brand.key}", "content-type": "application/json"},
        json=order("a"),
        trust_env=False,
    )
    problem(answer, 401, "bad_signature")


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/v1/nothing", 404, "not_found"),
        ("GET", "/", 404, "not_found"),
        ("GET", "/v1/baskets", 404, "not_found"),
        ("DELETE", "/v1/brand", 405, "method_not_allowed"),
        ("GET", "/v1/events", 405, "method_not_allowed"),
        ("GET", "/v1/status?x=%00", 400, "invalid"),
        ("GET", "/v1/orders/a%00b/explain", 400, "invalid"),
    ],
)
def test_routes_that_are_none(brand: Brand, method: str, path: str, status: int, code: str) -> None:
    with brand.client as client:
        answer = client.request(method, path)
    problem(answer, status, code)
    if status == 405:
        assert answer.headers["allow"]
