"""Keys and sources by API: made, rotated, ended; each secret shown once."""

import json
from typing import Any

import httpx
import pytest

from tests.api.access import client, key_of, person
from tests.api.door import by_webhook, order, problem
from tests.make import Brand, Service


def status(brand: Brand, key: str) -> int:
    with client(brand, key) as asking:
        return asking.get("/v1/session").status_code


def make(asking: httpx.Client, **more: Any) -> httpx.Response:
    return asking.post("/v1/keys", json={"name": "shop", "scopes": ["read"]} | more)


def test_a_key_is_shown_once(brand: Brand, service: Service) -> None:
    owner = person(service, brand, "owner")
    with client(brand, owner.token) as asking:
        answer = make(asking, scopes=["write", "read"], expires_in_days=30)
        assert answer.status_code == 201
        assert answer.headers["cache-control"] == "no-store"
        made = answer.json()
        assert status(brand, made["api_key"]) == 200
        key = made["key"]
        assert (key["scopes"], key["live"]) == (["read", "write"], True)
        assert key["created_by"] == f"operator:{owner.operator_id}"
        (row,) = service.sql(
            "SELECT expires_at - created_at = interval '30 days' AS fits FROM api_key"
            " WHERE brand_id = :b AND key_id = :k",
            b=brand.brand_id,
            k=key["key_id"],
        )
        assert row.fits
        seen = asking.get(f"/v1/keys/{key['key_id']}").json()
        assert seen["last_used_at"] is not None
        assert made["api_key"] not in json.dumps(asking.get("/v1/keys").json())
        assert asking.delete(f"/v1/keys/{key['key_id']}").status_code == 204
        assert status(brand, made["api_key"]) == 401
        assert asking.get(f"/v1/keys/{key['key_id']}").json()["live"] is False
        problem(asking.delete(f"/v1/keys/{key['key_id']}"), 404, "not_found")


def test_keys_come_by_page(brand: Brand) -> None:
    with brand.client as asking:
        names = [make(asking, name=str(n)).json()["key"]["name"] for n in range(3)]
        page = asking.get("/v1/keys", params={"limit": 2}).json()
        rest = asking.get("/v1/keys", params={"cursor": page["next"]}).json()
        assert [each["name"] for each in page["items"] + rest["items"]] == [*names[::-1], "test"]
        problem(asking.get("/v1/keys", params={"cursor": "x"}), 400, "invalid", "cursor")
        problem(asking.get("/v1/keys", params={"limit": 201}), 400, "invalid", "limit")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": ""}, "/name"),
        ({"scopes": []}, "/scopes"),
        ({"scopes": ["all"]}, "/scopes/0"),
        ({"expires_in_days": 0}, "/expires_in_days"),
        ({"expires_in_days": 10**30}, "/expires_in_days"),
        ({"expires_at": "2030-01-01T00:00:00Z"}, "/expires_at"),
    ],
)
def test_what_cannot_be(brand: Brand, change: dict[str, Any], field: str) -> None:
    with brand.client as asking:
        problem(make(asking, **change), 422, "invalid", field)


def test_a_key_grants_only_what_its_maker_has(brand: Brand, service: Service) -> None:
    with client(brand, key_of(service, brand, "admin", "read")) as asking:
        assert make(asking, scopes=["read", "admin"]).status_code == 201
        refused = problem(make(asking, scopes=["read", "pii:read", "write"]), 403, "forbidden")
        assert "pii:read, write" in refused["detail"]
        all_of_them = brand.key.split("_")[2]
        problem(asking.post(f"/v1/keys/{all_of_them}/rotate"), 403, "forbidden")
        problem(asking.post("/v1/sources", json={"name": "x"}), 403, "forbidden")
        problem(asking.post(f"/v1/sources/{brand.source_id}/rotate"), 403, "forbidden")


def test_two_keys_live_while_one_succeeds_the_other(brand: Brand, service: Service) -> None:
    with brand.client as asking:

        def rotate(key: str, **body: Any) -> httpx.Response:
            return asking.post(f"/v1/keys/{key.split('_')[2]}/rotate", json=body)

        first = make(asking, expires_in_days=90).json()["api_key"]
        answer = rotate(first, overlap_hours=1).json()
        second = answer["api_key"]
        assert answer["key"]["replaces"] == first.split("_")[2]
        assert [status(brand, key) for key in (first, second)] == [200, 200]
        problem(rotate(first), 409, "rotated_already")
        third = rotate(second).json()["api_key"]
        assert [status(brand, key) for key in (first, second, third)] == [401, 200, 200]
        rows = service.sql(
            "SELECT key_id, CAST(extract(epoch FROM expires_at - now()) / 3600 AS integer) AS hours"
            " FROM api_key WHERE brand_id = :b AND expires_at IS NOT NULL",
            b=brand.brand_id,
        )
        hours = {row.key_id: row.hours for row in rows}
        left = [hours[key.split("_")[2]] for key in (first, second, third)]
        assert left == [1, 24, 90 * 24], "and each successor has the lifetime of the first"
        fourth = rotate(third, at_once=True).json()["api_key"]
        assert [status(brand, key) for key in (second, third, fourth)] == [401, 401, 200]
        for body in ({"overlap_hours": 0}, {"overlap_hours": 73}):
            problem(rotate(fourth, **body), 422, "invalid", "/overlap_hours")
        problem(rotate(first), 404, "not_found")


def test_a_key_does_not_end_itself(brand: Brand) -> None:
    path = f"/v1/keys/{brand.key.split('_')[2]}"
    with brand.client as asking:
        problem(asking.delete(path), 409, "own_key")
        problem(asking.post(f"{path}/rotate", json={"at_once": True}), 409, "own_key")
        successor = asking.post(f"{path}/rotate").json()["api_key"]
        assert status(brand, brand.key) == 200
    with client(brand, successor) as asking:
        assert asking.delete(path).status_code == 204
    assert status(brand, brand.key) == 401


def test_the_last_use_is_noted_by_the_minute(brand: Brand, service: Service) -> None:
    def used(ago: str | None) -> bool:
        service.sql(
            "UPDATE api_key SET last_used_at = now() - CAST(:ago AS text)::interval"
            " WHERE brand_id = :b",
            b=brand.brand_id,
            ago=ago,
        )
        assert status(brand, brand.key) == 200
        (row,) = service.sql(
            "SELECT last_used_at > now() - interval '20 seconds' AS noted FROM api_key"
            " WHERE brand_id = :b",
            b=brand.brand_id,
        )
        return bool(row.noted)

    assert [used(None), used("30 seconds"), used("61 seconds")] == [True, False, True]


# ---- sources ----


def test_a_source_from_its_first_secret_to_its_end(brand: Brand) -> None:
    with brand.client as asking:
        made = asking.post("/v1/sources", json={"name": "shop"}).json()
        source_id = made["source_id"]

        def deliver(secret: str) -> int:
            theirs = Brand(brand.base, brand.brand_id, brand.key, source_id, secret)
            return by_webhook(theirs, json.dumps(order("a")).encode()).status_code

        def rotate(**body: Any) -> str:
            answer = asking.post(f"/v1/sources/{source_id}/rotate", json=body)
            assert answer.headers["cache-control"] == "no-store"
            return str(answer.json()["webhook_secret"])

        first = made["webhook_secret"]
        second = rotate(overlap_hours=72)
        assert [deliver(each) for each in (first, second)] == [202, 202]
        assert asking.get(f"/v1/sources/{source_id}").json()["old_secret_until"] is not None
        third = rotate(at_once=True)
        assert [deliver(each) for each in (first, second, third)] == [401, 401, 202]
        seen = asking.patch(f"/v1/sources/{source_id}", json={"name": "till"}).json()
        assert (seen["name"], seen["old_secret_until"]) == ("till", None)
        page = asking.get("/v1/sources", params={"limit": 1}).json()
        rest = asking.get("/v1/sources", params={"cursor": page["next"]}).json()
        assert [each["name"] for each in page["items"] + rest["items"]] == ["till", "test"]
        assert third not in json.dumps(page)
        assert asking.delete(f"/v1/sources/{source_id}").status_code == 204
        assert deliver(third) == 404


def test_those_of_another_brand_are_not_there(brand: Brand, service: Service) -> None:
    other = service.brand()
    key_id = other.key.split("_")[2]
    with brand.client as asking:
        for path in (f"/v1/keys/{key_id}", "/v1/keys/nokey", "/v1/keys/" + "x" * 5000):
            for answer in (
                asking.get(path),
                asking.delete(path),
                asking.post(f"{path}/rotate"),
            ):
                problem(answer, 404, "not_found")
        for path in (f"/v1/sources/{other.source_id}", "/v1/sources/none"):
            for answer in (
                asking.get(path),
                asking.patch(path, json={"name": "x"}),
                asking.delete(path),
                asking.post(f"{path}/rotate"),
            ):
                problem(answer, 404, "not_found")
    assert status(other, other.key) == 200
    assert by_webhook(other, json.dumps(order("a")).encode()).status_code == 202
