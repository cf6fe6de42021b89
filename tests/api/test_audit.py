"""The audit log by API: what is recorded, of whom, and how it is found again."""

from typing import Any

import pytest

from tests.api.access import client, person
from tests.api.door import problem
from tests.make import Brand, Service


def entries(brand: Brand, **params: Any) -> list[tuple[str, str, str, Any]]:
    """(actor, action, subject, detail), oldest first."""
    found = brand.ask("/v1/audit", limit=200, **params)
    assert found["next"] is None
    return [
        (each["actor"], each["action"], each["subject"], each["detail"])
        for each in reversed(found["items"])
    ]


def test_what_changes_who_may_is_recorded(brand: Brand) -> None:
    me = f"key:{brand.key.split('_')[2]}"
    with brand.client as asking:
        asked = {"name": "shop", "scopes": ["read"]}
        key_id = asking.post("/v1/keys", json=asked).json()["key"]["key_id"]
        successor = asking.post(f"/v1/keys/{key_id}/rotate").json()["key"]["key_id"]
        asking.delete(f"/v1/keys/{key_id}")
        asking.delete(f"/v1/keys/{key_id}")
        source = asking.post("/v1/sources", json={"name": "a"}).json()["source_id"]
        asking.patch(f"/v1/sources/{source}", json={"name": "b"})
        asking.patch(f"/v1/sources/{source}", json={"name": "b"})
        asking.post(f"/v1/sources/{source}/rotate", json={"overlap_hours": 2})
        asking.delete(f"/v1/sources/{source}")
        one = {"login": "lin", "name": "林", "role": "analyst"}
        lin = asking.post("/v1/operators", json=one).json()["operator_id"]
        asking.patch(f"/v1/operators/{lin}", json={"role": "operator", "name": "王"})
        asking.patch(f"/v1/operators/{lin}", json={})
        asking.post(f"/v1/operators/{lin}/password")
        asking.delete(f"/v1/operators/{lin}")
        asking.patch("/v1/brand", json={"touch_hours": 5, "live_grace_hours": 2})
        asking.patch("/v1/brand", json={"touch_hours": 5})
        asking.patch("/v1/brand", json={"touch_hours": -1})
    role = {"before": "analyst", "after": "operator"}
    assert entries(brand) == [
        (me, "key.create", key_id, {"scopes": ["read"], "expires_in_days": None}),
        (me, "key.rotate", key_id, {"successor": successor, "overlap_hours": 24}),
        (me, "key.revoke", key_id, {}),
        (me, "source.create", source, {}),
        (me, "source.change", source, {"name": {"before": "a", "after": "b"}}),
        (me, "source.rotate", source, {"overlap_hours": 2}),
        (me, "source.remove", source, {}),
        (me, "operator.create", lin, {"role": "analyst", "reads_pii": False}),
        (me, "operator.change", lin, {"name": True, "role": role}),
        (me, "operator.reset_password", lin, {}),
        (me, "operator.remove", lin, {}),
        (me, "brand.change", "", {"touch_hours": {"before": 24, "after": 5}}),
    ]


def test_logins_are_recorded_and_refused_ones_within_bounds(brand: Brand, service: Service) -> None:
    service.sql("DELETE FROM login_address")
    with brand.client as asking:
        one = {"login": "lin", "name": "林", "role": "analyst", "password": "a good password"}
        lin = asking.post("/v1/operators", json=one).json()["operator_id"]

        def log_in(login: str, password: str) -> int:
            asked = {"brand_id": str(brand.brand_id), "login": login, "password": password}
            return asking.post("/v1/sessions", json=asked).status_code

        assert [log_in("lin", "wrong") for _ in range(3)] == [401] * 3
        assert [log_in(f"nobody{n}", "wrong") for n in range(3)] == [401] * 3
        assert log_in("lin", "a good password") == 201
        with client(brand, person(service, brand, "analyst").token) as theirs:
            assert theirs.delete("/v1/sessions/current").status_code == 204
    recorded = entries(brand)[1:]
    assert [each[:2] for each in recorded[:3]] == [
        ("system", "session.refuse"),
        ("system", "session.refuse"),
        (f"operator:{lin}", "session.open"),
    ]
    assert recorded[0][2:] == (lin, {"attempts": 1, "known": True})
    assert recorded[1][2:] == ("", {"attempts": 1, "known": False})
    assert recorded[3][1] == "session.close"
    assert len(recorded) == 4


@pytest.fixture
def busy(brand: Brand) -> Brand:
    """A brand with ten entries: five renamings, and five changes of a setting."""
    with brand.client as asking:
        for n in range(5):
            asking.patch(f"/v1/sources/{brand.source_id}", json={"name": str(n)})
            asking.patch("/v1/brand", json={"touch_hours": n})
    return brand


def test_it_comes_newest_first_and_by_page(busy: Brand) -> None:
    every = busy.ask("/v1/audit")["items"]
    assert [each["seq"] for each in every] == list(range(10, 0, -1))
    assert all(len(each["hash"]) == 64 for each in every)
    seen: list[Any] = []
    cursor: dict[str, Any] = {}
    while True:
        page = busy.ask("/v1/audit", limit=3, **cursor)
        seen += page["items"]
        if page["next"] is None:
            break
        cursor = {"cursor": page["next"]}
    assert seen == every


def test_it_is_filtered(busy: Brand) -> None:
    every = busy.ask("/v1/audit")["items"]
    by_action = busy.ask("/v1/audit", action="brand.change")["items"]
    assert by_action == [each for each in every if each["action"] == "brand.change"]
    assert len(by_action) == 5
    assert busy.ask("/v1/audit", actor=every[0]["actor"])["items"] == every
    assert busy.ask("/v1/audit", actor="key:nobody")["items"] == []
    since, until = every[7]["at"], every[2]["at"]
    assert busy.ask("/v1/audit", since=since, until=until)["items"] == every[3:8]
    paged = busy.ask("/v1/audit", since=since, until=until, limit=2)
    rest = busy.ask("/v1/audit", since=since, until=until, cursor=paged["next"])
    assert paged["items"] + rest["items"] == every[3:8]


@pytest.mark.parametrize(
    ("params", "field"),
    [
        ({"since": "yesterday"}, "since"),
        ({"until": "2026-01-01T00:00:00"}, "until"),
        ({"cursor": "x"}, "cursor"),
        ({"limit": 0}, "limit"),
    ],
)
def test_what_is_no_question(brand: Brand, params: dict[str, Any], field: str) -> None:
    with brand.client as asking:
        problem(asking.get("/v1/audit", params=params), 400, "invalid", field)


def test_another_brand_s_is_not_there(busy: Brand, service: Service) -> None:
    other = service.brand()
    assert other.ask("/v1/audit") == {"items": [], "next": None}
