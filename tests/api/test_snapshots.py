"""Snapshots of groups: a list of members becomes joins and leaves, once."""

from typing import Any

import pytest

from tests.api.door import problem
from tests.make import Brand, Service

PATH = "/v1/groups/g1/snapshots"


def snap(brand: Brand, members: list[str], at: str, path: str = PATH, **more: Any) -> Any:
    with brand.client as client:
        return client.post(path, json={"member_ids": members, "taken_at": at} | more)


def members(service: Service, brand: Brand) -> list[tuple[Any, ...]]:
    rows = service.sql(
        "SELECT member_id, left_at IS NULL AS open FROM membership WHERE brand_id = :b ORDER BY 1",
        b=brand.brand_id,
    )
    return [tuple(row) for row in rows]


def test_lists_become_memberships(service: Service, brand: Brand) -> None:
    first = snap(brand, ["m1", "m2", "m3", "m1"], "2025-03-01T12:00:00+08:00")
    assert first.status_code == 202, first.text
    assert first.json()["members"] == 3
    assert first.json()["duplicate"] is False
    assert first.json()["expected"] == {"open": 0, "opens": 3, "closes": 0, "suspect": False}
    brand.drain()
    again = snap(brand, ["m3", "m2", "m1"], "2025-03-01T04:00:00Z").json()
    assert again["duplicate"] is True
    assert again["id"] == first.json()["id"]
    assert again["expected"] == first.json()["expected"], "not counted against itself"
    second = snap(brand, ["m1", "m2", "m9"], "2025-03-02T12:00:00+08:00").json()
    assert second["expected"] == {"open": 3, "opens": 1, "closes": 1, "suspect": False}
    brand.drain()
    assert members(service, brand) == [("m1", True), ("m2", True), ("m3", False), ("m9", True)]
    third = snap(brand, ["m1"], "2025-03-03T12:00:00+08:00", id="short").json()
    assert third["id"] == "short"
    assert third["expected"] == {"open": 3, "opens": 0, "closes": 0, "suspect": True}
    brand.drain()
    assert members(service, brand)[1] == ("m2", True), "it closes nobody"
    page = brand.ask(PATH, limit=2)
    assert [(each["id"], each["members"], each["suspect"]) for each in page["items"]] == [
        ("short", 1, True),
        (second["id"], 3, False),
    ]
    (last,) = brand.ask(PATH, limit=2, cursor=page["next"])["items"]
    assert (last["id"], last["taken_at"]) == (again["id"], "2025-03-01T04:00:00Z")
    assert service.brand().ask(PATH) is None


def test_the_same_with_other_members_is_a_conflict(brand: Brand) -> None:
    at = "2025-03-01T12:00:00+08:00"
    assert snap(brand, ["m1"], at).status_code == 202
    problem(snap(brand, ["m2"], at), 409, "id_conflict", "/id")
    assert snap(brand, ["m2"], at, id="other").status_code == 202
    assert brand.ask("/v1/dead-letters")["items"] == []


@pytest.mark.parametrize(
    ("body", "code", "field"),
    [
        ({"member_ids": ["m1"]}, "invalid", "/taken_at"),
        ({"member_ids": [""], "taken_at": "2025-03-01T12:00:00Z"}, "invalid", "/member_ids/0"),
        ({"member_ids": "m1", "taken_at": "2025-03-01T12:00:00Z"}, "invalid", "/member_ids"),
        ({"member_ids": ["\0"], "taken_at": "2025-03-01T12:00:00Z"}, "invalid", "/member_ids/0"),
        ({"member_ids": [], "taken_at": "2025-03-01 12:00"}, "invalid", "/taken_at"),
        (
            {"member_ids": [], "taken_at": "2999-03-01T12:00:00Z"},
            "time_out_of_range",
            "/taken_at",
        ),
    ],
)
def test_bodies_that_are_refused(brand: Brand, body: dict[str, Any], code: str, field: str) -> None:
    with brand.client as client:
        problem(client.post(PATH, json=body), 422, code, field)


def test_groups_whose_id_cannot_be(brand: Brand) -> None:
    at = "2025-03-01T12:00:00Z"
    assert snap(brand, ["m"], at, "/v1/groups/%00/snapshots").status_code == 400
    assert snap(brand, ["m"], at, f"/v1/groups/{'g' * 300}/snapshots").status_code == 422
    assert brand.ask("/v1/groups/nowhere/snapshots") is None
    with brand.client as client:
        assert client.get(PATH, params={"cursor": "%F0"}).status_code == 400
        assert client.get("/v1/groups/%ED%A0%80/snapshots").status_code == 404
