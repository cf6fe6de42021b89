"""Default deny: every route, by every scope and role, and without what is live."""

from typing import Any

import httpx
import pytest

from tests.api.access import NEEDS, OF_ROLE, Operation, client, key_of, operations, person
from tests.api.door import problem
from tests.make import Brand, Service


@pytest.fixture(scope="module")
def every(service: Service) -> list[Operation]:
    """Every operation; what ends the session that asks comes last."""
    return sorted(operations(service), key=lambda each: each[0] == "closeSession")


@pytest.fixture(scope="module")
def desk(service: Service) -> Brand:
    """A brand with which nothing is done but to ask who may."""
    return service.brand()


def ask(asking: httpx.Client, operation: Operation, **headers: str) -> httpx.Response:
    _, method, path = operation
    sent: dict[str, Any] = {} if method == "GET" else {"content": b"["}
    return asking.request(
        method, path, headers={"content-type": "application/json"} | headers, **sent
    )


def needs(operation: Operation) -> str:
    return NEEDS[operation[0]]


def test_every_route_is_declared(every: list[Operation]) -> None:
    assert {name for name, _, _ in every} == NEEDS.keys()
    assert len(every) == len(NEEDS)


def test_public_routes_ask_for_nothing(every: list[Operation], desk: Brand) -> None:
    with client(desk) as nobody:
        for operation in every:
            if needs(operation) == "public":
                assert ask(nobody, operation).status_code not in (401, 403), operation


def test_what_is_not_live_opens_nothing(
    every: list[Operation], desk: Brand, service: Service
) -> None:
    def over(statement: str, **given: Any) -> None:
        service.sql(statement, b=desk.brand_id, **given)

    expired, revoked = key_of(service, desk, "read", "admin"), key_of(service, desk, "read")
    over(
        "UPDATE api_key SET expires_at = now() WHERE brand_id = :b AND key_id = :k",
        k=expired.split("_")[2],
    )
    over(
        "UPDATE api_key SET revoked_at = now() WHERE brand_id = :b AND key_id = :k",
        k=revoked.split("_")[2],
    )
    ended, idle, closed, gone = (
        person(service, desk, "owner", login=login) for login in ("a", "b", "c", "d")
    )
    over(
        "UPDATE operator_session SET expires_at = now() WHERE brand_id = :b AND operator_id = :o",
        o=ended.operator_id,
    )
    over(
        "UPDATE operator_session SET last_used_at = now() - interval '2 hours'"
        " WHERE brand_id = :b AND operator_id = :o",
        o=idle.operator_id,
    )
    with client(desk, closed.token) as asking:
        assert asking.delete("/v1/sessions/current").status_code == 204
    over(
        "UPDATE operator SET disabled_at = now() WHERE brand_id = :b AND operator_id = :o",
        o=gone.operator_id,
    )
    unknown = f"{desk.key[:-1]}{'a' if desk.key[-1] != 'a' else 'b'}"
    shown = [None, "nonsense", unknown, expired, revoked]
    shown += [each.token for each in (ended, idle, closed, gone)]
    cookies = [desk.key, ended.token, "", "nonsense"]
    asking_all = [client(desk, token) for token in shown]
    asking_all += [client(desk, cookie=cookie) for cookie in cookies]
    for asking in asking_all:
        with asking:
            for operation in every:
                if needs(operation) != "public":
                    answer = ask(asking, operation)
                    problem(answer, 401, "unauthenticated")
                    assert answer.headers["www-authenticate"] == "Bearer"


def check(
    asking: httpx.Client, every: list[Operation], scopes: set[str], *, signed_in: bool
) -> None:
    """Each operation must be open or shut as it is declared."""
    for operation in every:
        need = needs(operation)
        answer = ask(asking, operation)
        if need in scopes or need in ("any", "public") or (need == "operator" and signed_in):
            assert answer.status_code not in (401, 403), (operation, answer.text)
        elif need == "operator":
            problem(answer, 403, "no_session")
        else:
            assert need in problem(answer, 403, "forbidden")["detail"], operation


@pytest.mark.parametrize("scope", [None, *sorted(OF_ROLE["owner"])])
def test_each_scope_opens_its_own_doors_alone(
    every: list[Operation], desk: Brand, service: Service, scope: str | None
) -> None:
    scopes = set() if scope is None else {scope}
    with client(desk, key_of(service, desk, *scopes)) as asking:
        check(asking, every, scopes, signed_in=False)


@pytest.mark.parametrize("by_cookie", [False, True])
@pytest.mark.parametrize("reads_pii", [False, True])
@pytest.mark.parametrize("role", ["analyst", "operator", "owner"])
def test_each_role_opens_its_own_doors_alone(
    every: list[Operation],
    service: Service,
    role: Any,
    reads_pii: bool,
    by_cookie: bool,
) -> None:
    brand = service.brand()
    token = person(service, brand, role, reads_pii=reads_pii).token
    scopes = OF_ROLE[role] | ({"pii:read"} if reads_pii else set())
    with client(brand, cookie=token) if by_cookie else client(brand, token) as asking:
        assert set(asking.get("/v1/session").json()["scopes"]) == scopes
        check(asking, every, scopes, signed_in=True)


FOREIGN: list[dict[str, str]] = [
    {},
    {"origin": "null"},
    {"origin": "http://elsewhere.example"},
    {"origin": "{base}.elsewhere.example"},
    {"origin": "http://[oops"},
    {"origin": "{base}", "sec-fetch-site": "cross-site"},
    {"origin": "{base}", "sec-fetch-site": "same-site"},
    {"origin": "{base}", "sec-fetch-site": "none"},
]


@pytest.mark.parametrize("n", range(len(FOREIGN)))
def test_a_page_of_another_site_changes_nothing(
    every: list[Operation], desk: Brand, service: Service, n: int
) -> None:
    owner = person(service, desk, "owner", login=f"owner{n}")
    headers = {name: value.replace("{base}", desk.base) for name, value in FOREIGN[n].items()}
    headers["cookie"] = f"hongqun_session={owner.token}"
    with client(desk) as asking:
        for operation in every:
            if needs(operation) == "public":
                continue
            answer = ask(asking, operation, **headers)
            if operation[1] == "GET":
                assert answer.status_code not in (401, 403), operation
            else:
                problem(answer, 403, "cross_site")
        headers |= {"sec-fetch-site": "same-origin"}
        changed = asking.patch("/v1/brand", json={"touch_hours": 5}, headers=headers)
        assert changed.status_code == 200


def test_a_header_goes_before_a_cookie(desk: Brand, service: Service) -> None:
    analyst = person(service, desk, "analyst", login="second")
    with client(desk, desk.key, cookie=analyst.token) as asking:
        assert asking.get("/v1/session").json()["actor"] == f"key:{desk.key.split('_')[2]}"
        asking.headers["authorization"] = "Bearer nonsense"
        problem(asking.get("/v1/session"), 401, "unauthenticated")


@pytest.mark.parametrize(
    "cookie",
    [b"hongqun_session", b"hongqun_session=\xff\xfe", b';;=;hongqun_session="x', b"=" * 9000],
)
def test_cookies_that_are_none(desk: Brand, cookie: bytes) -> None:
    with client(desk) as asking:
        answer = asking.get("/v1/session", headers=[(b"cookie", cookie)])
    problem(answer, 401, "unauthenticated")


@pytest.mark.parametrize("path", ["/v1/keys/%FF", "/v1/sources/%ED%A0%80", "/v1/operators/a%2Fb"])
def test_paths_that_are_none(desk: Brand, path: str) -> None:
    with desk.client as asking:
        assert asking.get(path).status_code in (400, 404)
        assert asking.delete(path).status_code in (400, 404, 405)
        assert asking.get("/v1/audit?actor=%FF&action=%ED%A0%80").status_code in (200, 400)
