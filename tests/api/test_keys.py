"""Who may ask what: default deny, by key, scope and brand."""

import re
from typing import Any

import httpx
import pytest

from app.crm import keys
from app.crm.keys import SCOPES
from tests.api.door import by_key, order, problem
from tests.make import Brand, Service

SCOPE_OF = {
    "postEvents": "events:write",
    "listDeadLetters": "read",
    "retryDeadLetter": "write",
    "getBrand": "read",
    "patchBrand": "admin",
    "getStatus": "read",
    "exportPersonalData": "pii:read",
    "eraseCustomer": "admin",
}
"""Where an operation is not listed, it is a question: `read`."""

PUBLIC = {"postWebhook", "getHealth", "getReadiness"}

Operation = tuple[str, str, str]


def operations(service: Service) -> list[Operation]:
    """(id, method, path) of every operation of the OpenAPI document."""
    document = httpx.get(f"{service.base}/schema/openapi.json", trust_env=False).json()
    return [
        (operation["operationId"], method, re.sub(r"{\w+}", "1", path))
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    ]


def ask(service: Service, operation: Operation, key: str | None) -> httpx.Response:
    _, method, path = operation
    headers = {"content-type": "application/json"}
    if key is not None:
        headers["authorization"] = f"Bearer {key}"
    body = {} if method == "get" else {"content": b"["}
    with httpx.Client(base_url=service.base, headers=headers, trust_env=False) as client:
        return client.request(method, path, **body)  # type: ignore[arg-type]


def key_of(service: Service, brand: Brand, *scopes: str) -> str:
    return service.within(lambda c: keys.create(c, brand.brand_id, "test", scopes))


def test_without_a_key_nothing_is_told(brand: Brand, service: Service) -> None:
    found = operations(service)
    assert len(found) >= 11
    for operation in found:
        if operation[0] not in PUBLIC:
            answer = ask(service, operation, None)
            problem(answer, 401, "unauthenticated")
            assert answer.headers["www-authenticate"] == "Bearer"


def test_each_scope_opens_its_own_doors_alone(brand: Brand, service: Service) -> None:
    keys_of = {scope: key_of(service, brand, scope) for scope in SCOPES}
    none = key_of(service, brand)
    for operation in operations(service):
        if operation[0] in PUBLIC:
            continue
        needed = SCOPE_OF.get(operation[0], "read")
        for scope, key in keys_of.items():
            answer = ask(service, operation, key)
            if scope == needed:
                assert answer.status_code not in (401, 403), operation
            else:
                assert answer.status_code == 403, (operation, scope, answer.text)
                assert needed in problem(answer, 403, "forbidden")["detail"]
        problem(ask(service, operation, none), 403, "forbidden")


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
        ("GET", "/v1/orders", 404, "not_found"),
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
