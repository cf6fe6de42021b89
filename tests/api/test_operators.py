"""Operators: made, changed, removed by who may, and the last owner stays."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from tests.api.access import client, key_of, person
from tests.api.door import problem
from tests.make import Brand, Service


def make(asking: httpx.Client, **more: Any) -> httpx.Response:
    return asking.post(
        "/v1/operators", json={"login": "lin", "name": "林", "role": "operator"} | more
    )


def test_one_is_made_and_logs_in(brand: Brand, service: Service) -> None:
    service.sql("DELETE FROM login_address")
    with brand.client as asking:
        answer = make(asking, login="Lin")
        assert answer.status_code == 201
        made = answer.json()
        assert len(made["password"]) == 20, "a generated one"
        assert make(asking, login="wang", password="wang's password").json()["password"] is None
        problem(make(asking, login="LIN"), 409, "login_taken", "/login")
        asked = {"brand_id": str(brand.brand_id), "login": "lin", "password": made["password"]}
        assert asking.post("/v1/sessions", json=asked).status_code == 201
        one = asking.get(f"/v1/operators/{made['operator_id']}").json()
        page = asking.get("/v1/operators", params={"limit": 1}).json()
        rest = asking.get("/v1/operators", params={"cursor": page["next"]}).json()
    assert one["last_login_at"] is not None
    assert (one["login"], one["role"], one["active"]) == ("lin", "operator", True)
    assert one["scopes"] == ["events:write", "read", "write", "export"]
    assert [each["login"] for each in page["items"] + rest["items"]] == ["lin", "wang"]
    assert rest["next"] is None
    with client(brand, key_of(service, brand, "read")) as asking:
        seen = asking.get("/v1/operators").json()["items"]
    assert [(each["name"], each["login"], each["last_login_at"]) for each in seen] == [
        ("林", None, None)
    ] * 2


def test_only_a_hash_of_the_password_is_kept(brand: Brand, service: Service) -> None:
    with brand.client as asking:
        make(asking, password="a password to find")
    rows = service.sql("SELECT * FROM operator WHERE brand_id = :b", b=brand.brand_id)
    rows += service.sql("SELECT * FROM audit_entry WHERE brand_id = :b", b=brand.brand_id)
    assert "a password to find" not in repr(rows)
    assert "$argon2id$" in repr(rows)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"login": ""}, "/login"),
        ({"login": "林"}, "/login"),
        ({"name": " "}, "/name"),
        ({"role": "admin"}, "/role"),
        ({"reads_pii": 1}, "/reads_pii"),
        ({"password": "123456789"}, "/password"),
        ({"login": "0123456789", "password": "0123456789"}, "/password"),
        ({"password": "a\0bcdefghijk"}, "/password"),
    ],
)
def test_what_cannot_be(brand: Brand, change: dict[str, Any], field: str) -> None:
    with brand.client as asking:
        problem(make(asking, **change), 422, "invalid", field)


def test_nobody_hands_on_what_they_have_not(brand: Brand, service: Service) -> None:
    owner = person(service, brand, "owner")
    analyst = person(service, brand, "analyst")
    with client(brand, key_of(service, brand, "admin", "read", "export")) as asking:
        grants: list[dict[str, Any]] = [{"role": "owner"}, {"role": "analyst", "reads_pii": True}]
        for change in (*grants, {}):
            problem(make(asking, **change), 403, "forbidden")
        assert make(asking, role="analyst").status_code == 201
        path = f"/v1/operators/{analyst.operator_id}"
        for change in ({"role": "owner"}, {"reads_pii": True}):
            problem(asking.patch(path, json=change), 403, "forbidden")
        reset = asking.post(f"/v1/operators/{owner.operator_id}/password")
        problem(reset, 403, "forbidden")
        assert asking.post(f"{path}/password").status_code == 201
        assert asking.patch(path, json={"active": False}).status_code == 200
    with brand.client as asking:
        assert asking.get(path).json()["scopes"] == ["read", "export"], "nothing was granted"


def test_a_disabled_one_is_out_at_once(brand: Brand, service: Service) -> None:
    person(service, brand, "owner")
    one = person(service, brand, "analyst", reads_pii=True)
    path = f"/v1/operators/{one.operator_id}"
    with brand.client as asking, client(brand, one.token) as theirs:
        assert theirs.get("/v1/session").status_code == 200
        assert asking.patch(path, json={"active": False}).json()["active"] is False
        assert theirs.get("/v1/session").status_code == 401
        assert asking.patch(path, json={"active": True}).json()["active"] is True
        assert theirs.get("/v1/session").status_code == 401, "they must log in again"
        changed = asking.patch(path, json={"name": "王", "reads_pii": False}).json()
        assert (changed["name"], changed["reads_pii"]) == ("王", False)
        assert asking.delete(path).status_code == 204
        problem(asking.get(path), 404, "not_found")
        problem(asking.delete(path), 404, "not_found")


def test_a_reset_ends_the_sessions(brand: Brand, service: Service) -> None:
    one = person(service, brand, "analyst")
    with brand.client as asking, client(brand, one.token) as theirs:
        path = f"/v1/operators/{one.operator_id}/password"
        fresh = asking.post(path).json()["password"]
        assert theirs.get("/v1/session").status_code == 401
        asked = {"brand_id": str(brand.brand_id), "login": one.login, "password": fresh}
        assert asking.post("/v1/sessions", json=asked).status_code == 201


def test_the_last_owner_stays(brand: Brand, service: Service) -> None:
    first = person(service, brand, "owner")
    path = f"/v1/operators/{first.operator_id}"
    with brand.client as asking:

        def refused() -> None:
            for answer in (
                asking.delete(path),
                asking.patch(path, json={"active": False}),
                asking.patch(path, json={"role": "analyst"}),
            ):
                problem(answer, 409, "last_owner")

        refused()
        second = person(service, brand, "owner", login="second")
        other = f"/v1/operators/{second.operator_id}"
        assert asking.patch(other, json={"active": False}).status_code == 200
        refused()
        assert asking.patch(other, json={"active": True}).status_code == 200
        assert asking.patch(path, json={"role": "operator"}).status_code == 200


def test_two_owners_cannot_remove_each_other_at_once(service: Service) -> None:
    for _ in range(5):
        brand = service.brand()
        both = [person(service, brand, "owner", login=login) for login in ("a", "b")]

        def remove(n: int, brand: Brand = brand, both: Any = both) -> int:
            with client(brand, both[n].token) as asking:
                return asking.patch(
                    f"/v1/operators/{both[1 - n].operator_id}", json={"active": False}
                ).status_code

        with ThreadPoolExecutor(2) as threads:
            answers = sorted(threads.map(remove, (0, 1)))
        assert answers[0] == 200
        assert answers[1] in (401, 409), "too late, or the last one"
        left = service.sql(
            "SELECT login FROM operator WHERE brand_id = :b AND disabled_at IS NULL",
            b=brand.brand_id,
        )
        assert len(left) == 1


def test_those_of_another_brand_are_not_there(brand: Brand, service: Service) -> None:
    theirs = person(service, service.brand(), "analyst")
    with brand.client as asking:
        for id_ in (theirs.operator_id, "nobody", "x" * 5000, "%E4%BD%A0"):
            path = f"/v1/operators/{id_}"
            for answer in (
                asking.get(path),
                asking.patch(path, json={"name": "x"}),
                asking.delete(path),
                asking.post(f"{path}/password"),
            ):
                problem(answer, 404, "not_found")
        assert asking.get("/v1/operators").json() == {"items": [], "next": None}
