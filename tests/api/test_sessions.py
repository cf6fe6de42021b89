"""Sessions: logging in, staying in, logging out, and how often one may try."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest
from argon2 import PasswordHasher
from litestar.testing import TestClient

from app.crm import attempts, operators
from app.crm.caller import Role
from app.main import create_app
from tests.api.access import client, person
from tests.api.door import problem
from tests.make import Brand, Service

PASSWORD = "correct horse 电池"

Join = Callable[..., str]


@pytest.fixture
def join(service: Service, brand: Brand) -> Join:
    """Make an operator with a password; gives the id."""

    def go(login: str = "lin@example.com", role: Role = "operator") -> str:
        async def act(connection: Any) -> str:
            _, hashed = await operators.password_for(PASSWORD, login)
            return await operators.create(
                connection,
                brand.brand_id,
                login=login,
                name="林",
                role=role,
                reads_pii=False,
                password_hash=hashed,
            )

        return service.within(act)

    return go


@pytest.fixture(autouse=True)
def forget_addresses(service: Service) -> None:
    """All tests come from one address."""
    service.sql("DELETE FROM login_address")


def log_in(
    brand: Brand, login: str = "lin@example.com", password: str = PASSWORD, **more: Any
) -> httpx.Response:
    asked = {"brand_id": str(brand.brand_id), "login": login, "password": password} | more
    with client(brand) as nobody:
        return nobody.post("/v1/sessions", json=asked)


def test_in_and_out_by_token(brand: Brand, join: Join) -> None:
    operator_id = join()
    answer = log_in(brand, "Lin@Example.com")
    assert answer.status_code == 201
    assert answer.headers["cache-control"] == "no-store"
    opened = answer.json()
    assert opened["token"].startswith(f"hqs_{brand.brand_id}_")
    with client(brand, opened["token"]) as asking:
        assert asking.get("/v1/session").json() == {
            "brand_id": str(brand.brand_id),
            "actor": f"operator:{operator_id}",
            "scopes": ["events:write", "read", "write", "export"],
            "role": "operator",
            "operator_id": operator_id,
            "name": "林",
        }
        assert asking.get("/v1/brand").status_code == 200
        assert asking.delete("/v1/sessions/current").status_code == 204
        problem(asking.get("/v1/session"), 401, "unauthenticated")


def test_in_and_out_by_cookie(brand: Brand, join: Join) -> None:
    join()
    answer = log_in(brand)
    said = answer.headers["set-cookie"]
    assert {"HttpOnly", "Path=/", "SameSite=lax", "Max-Age=43200"} <= set(said.split("; "))
    assert "Secure" not in said, "it did not come by TLS"
    with client(brand) as page:
        page.cookies.update(answer.cookies)
        assert page.get("/v1/session").json()["role"] == "operator"
        gone = page.delete("/v1/sessions/current", headers={"origin": brand.base})
        assert gone.status_code == 204
        assert not page.cookies, "the answer takes it away"
        assert page.get("/v1/session").status_code == 401


def test_each_login_is_a_session_of_its_own(brand: Brand, join: Join, service: Service) -> None:
    join()
    tokens = [log_in(brand).json()["token"] for _ in range(2)]
    assert tokens[0] != tokens[1]
    with client(brand, tokens[0]) as asking:
        assert asking.delete("/v1/sessions/current").status_code == 204
    with client(brand, tokens[1]) as asking:
        assert asking.get("/v1/session").status_code == 200
    rows = service.sql("SELECT * FROM operator_session WHERE brand_id = :b", b=brand.brand_id)
    assert tokens[1].rsplit("_", 1)[1] not in repr(rows), "only the hash is kept"


def test_many_log_in_at_once(brand: Brand, join: Join) -> None:
    join()
    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda _: log_in(brand), range(8)))
    assert [answer.status_code for answer in answers] == [201] * 8
    assert len({answer.json()["token"] for answer in answers}) == 8


def test_what_is_wrong_is_not_told(brand: Brand, join: Join, service: Service) -> None:
    join()
    service.sql(
        "UPDATE operator SET disabled_at = now() WHERE brand_id = :b AND operator_id = :o",
        b=brand.brand_id,
        o=join("gone"),
    )
    told = [
        problem(answer, 401, "unauthenticated")
        for answer in (
            log_in(brand, password="another one"),
            log_in(brand, "nobody"),
            log_in(brand, "gone"),
            log_in(brand, brand_id=str(service.brand().brand_id)),
            log_in(brand, brand_id="999999999999999999"),
        )
    ]
    assert all(each == told[0] for each in told)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"brand_id": "x"}, "/brand_id"),
        ({"brand_id": 1}, "/brand_id"),
        ({"brand_id": "9" * 19}, "/brand_id"),
        ({"login": "a b"}, "/login"),
        ({"login": "a\0"}, "/login"),
        ({"password": "x" * 257}, "/password"),
        ({"password": None}, "/password"),
        ({"more": 1}, "/more"),
    ],
)
def test_what_is_no_login(brand: Brand, change: dict[str, Any], field: str) -> None:
    problem(log_in(brand, **change), 422, "invalid", field)


def test_the_session_follows_its_operator(brand: Brand, service: Service) -> None:
    one = person(service, brand, "owner")
    with client(brand, one.token) as asking:
        assert asking.get("/v1/keys").status_code == 200
        service.sql("UPDATE operator SET role = 'analyst' WHERE brand_id = :b", b=brand.brand_id)
        problem(asking.get("/v1/keys"), 403, "forbidden")


def test_a_session_that_is_used_goes_on_and_is_noted_by_the_minute(
    brand: Brand, service: Service
) -> None:
    one = person(service, brand, "analyst")

    def used(ago: str) -> Any:
        service.sql(
            "UPDATE operator_session SET last_used_at = now() - CAST(:ago AS text)::interval"
            " WHERE brand_id = :b",
            b=brand.brand_id,
            ago=ago,
        )
        with client(brand, one.token) as asking:
            status = asking.get("/v1/session").status_code
        (row,) = service.sql(
            "SELECT last_used_at > now() - interval '20 seconds' AS noted FROM operator_session"
            " WHERE brand_id = :b",
            b=brand.brand_id,
        )
        return status, row.noted

    assert used("30 seconds") == (200, False)
    assert used("119 minutes") == (200, True)
    assert used("121 minutes") == (401, False)


def test_the_password_is_rehashed_when_its_parameters_are_old(
    brand: Brand, join: Join, service: Service
) -> None:
    join()
    weak = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
    service.sql(
        "UPDATE operator SET password_hash = :h WHERE brand_id = :b", b=brand.brand_id, h=weak
    )

    def kept() -> str:
        (row,) = service.sql(
            "SELECT password_hash FROM operator WHERE brand_id = :b", b=brand.brand_id
        )
        return str(row.password_hash)

    assert log_in(brand).status_code == 201
    strong = kept()
    assert strong.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert log_in(brand).status_code == 201
    assert kept() == strong


# ---- too often ----


def window(service: Service, brand: Brand, count: int) -> None:
    service.sql(
        "UPDATE login_attempt SET attempts = :n WHERE brand_id = :b", n=count, b=brand.brand_id
    )


def test_a_login_is_not_tried_for_ever(brand: Brand, join: Join, service: Service) -> None:
    join()
    for login in ("lin@example.com", "nobody"):
        assert log_in(brand, login, "wrong").status_code == 401
    window(service, brand, attempts.MOST_OF_LOGIN - 1)
    assert log_in(brand, password="wrong").status_code == 401
    for login in ("lin@example.com", "LIN@example.com"):
        many = log_in(brand, login)
        problem(many, 429, "too_many_attempts")
        assert 0 < int(many.headers["retry-after"]) <= 900
    window(service, brand, attempts.MOST_OF_LOGIN)
    problem(log_in(brand, "nobody"), 429, "too_many_attempts")
    service.sql(
        "UPDATE login_attempt SET since = now() - interval '16 minutes' WHERE brand_id = :b",
        b=brand.brand_id,
    )
    assert log_in(brand).status_code == 201
    assert log_in(brand, password="wrong").status_code == 401, "it was forgiven"


def test_an_address_does_not_try_for_ever(brand: Brand, join: Join, service: Service) -> None:
    join()
    assert log_in(brand, brand_id="999999999", password="wrong").status_code == 401
    service.sql("UPDATE login_address SET attempts = :n", n=attempts.MOST_OF_ADDRESS - 1)
    assert log_in(brand).status_code == 201, "who gets in is not counted"
    assert log_in(brand, password="wrong").status_code == 401
    for id_ in (str(brand.brand_id), "999999999"):
        problem(log_in(brand, brand_id=id_), 429, "too_many_attempts")


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("unix", "unix"),
        ("", ""),
    ],
)
def test_what_one_person_has_of_addresses(address: str, network: str) -> None:
    assert attempts.network(address) == network


# ---- one's own password ----


def test_a_password_is_changed_by_who_knows_it(brand: Brand, join: Join) -> None:
    join()
    mine, other = (log_in(brand).json()["token"] for _ in range(2))
    fresh = "another password"
    with client(brand, mine) as asking:

        def change(**body: str) -> httpx.Response:
            return asking.put("/v1/session/password", content=json.dumps(body), headers=JSON)

        wrong = change(current="no", password=fresh)
        problem(wrong, 422, "wrong_password", "/current")
        problem(change(current=PASSWORD, password="short"), 422, "invalid", "/password")
        same = change(current=PASSWORD, password="Lin@Example.com")
        problem(same, 422, "invalid", "/password")
        assert change(current=PASSWORD, password=fresh).status_code == 204
        assert asking.get("/v1/session").status_code == 200, "this session goes on"
    with client(brand, other) as asking:
        assert asking.get("/v1/session").status_code == 401
    assert log_in(brand).status_code == 401
    assert log_in(brand, password=fresh).status_code == 201


def test_one_s_own_password_is_not_guessed_either(
    brand: Brand, join: Join, service: Service
) -> None:
    join()
    token = log_in(brand).json()["token"]
    with client(brand, token) as asking:
        body = {"current": "wrong", "password": "another password"}
        assert asking.put("/v1/session/password", json=body).status_code == 422
        window(service, brand, attempts.MOST_OF_LOGIN)
        body["current"] = PASSWORD
        problem(asking.put("/v1/session/password", json=body), 429, "too_many_attempts")


JSON = {"content-type": "application/json"}


def test_a_key_has_no_session(brand: Brand) -> None:
    asked = brand.ask("/v1/session")
    assert (asked["role"], asked["operator_id"], asked["name"]) == (None, None, None)
    assert asked["actor"] == f"key:{brand.key.split('_')[2]}"
    with brand.client as asking:
        problem(asking.delete("/v1/sessions/current"), 403, "no_session")


def test_over_tls_the_cookie_is_bound_to_its_host(brand: Brand, service: Service) -> None:
    one = person(service, brand, "analyst")
    web = create_app(service.as_role("web"))
    asked = {"brand_id": str(brand.brand_id), "login": one.login, "password": PASSWORD}
    service.within(lambda c: _give(c, brand.brand_id, one.operator_id))
    with TestClient(web, base_url="https://crm.example") as page:
        answer = page.post("/v1/sessions", json=asked)
        said = answer.headers["set-cookie"]
        assert said.startswith("__Host-hongqun_session=hqs_")
        assert {"Secure", "HttpOnly", "Path=/", "SameSite=lax"} <= set(said.split("; "))
        assert "domain" not in said.lower()
        assert page.get("/v1/session").status_code == 200, "it sends it back"
        same = {"origin": "https://crm.example"}
        changed = page.put("/v1/session/password", json={}, headers=same)
        problem(changed, 422, "invalid", "/current")
        token = answer.json()["token"]
        page.cookies.clear()
        plain = page.get("/v1/session", headers={"cookie": f"hongqun_session={token}"})
        problem(plain, 401, "unauthenticated")


async def _give(connection: Any, brand_id: int, operator_id: str) -> None:
    _, hashed = await operators.password_for(PASSWORD, "x")
    await operators.set_password(connection, brand_id, operator_id, hashed)
