"""Tasks: listed by when they are due, filtered, closed and opened again."""

from typing import Any

import pytest

from tests.api.door import problem
from tests.desk.people import merge, send
from tests.make import Brand, Service
from tests.metrics.told import told

STORY = """
    03-02 10:00 member.joined group_id=g1 member_id=ann
    03-03 10:00 order.paid    order_id=o1 buyer_id=b1 amount=9
"""


@pytest.fixture
def world(service: Service) -> Brand:
    return told(service, STORY, identity_mode="separate")


def task(brand: Brand, customer_id: str, title: str, **more: Any) -> Any:
    return send(brand, "POST", f"/v1/customers/{customer_id}/tasks", 201, title=title, **more)


def titles(brand: Brand, limit: int = 50, **params: Any) -> str:
    """The titles, page by page, one letter each."""
    found = ""
    cursor: dict[str, str] = {}
    while True:
        page = brand.ask("/v1/tasks", limit=limit, **params, **cursor)
        found += "".join(each["title"] for each in page["items"])
        if page["next"] is None:
            return found
        cursor = {"cursor": page["next"]}


def due(day: int) -> dict[str, str]:
    return {"due_at": f"2025-03-{day:02}T12:00:00+08:00"}


@pytest.mark.parametrize("limit", [1, 2, 3, 50])
def test_by_when_they_are_due(world: Brand, limit: int) -> None:
    nothing = [task(world, "m:ann", title) for title in "xyz"]
    for title, day in zip("cab", (3, 1, 2), strict=True):
        task(world, "b:b1", title, **due(day))
    undated = "".join(
        each["title"] for each in sorted(nothing, key=lambda each: str(each["task_id"]))
    )
    assert titles(world, limit) == "abc" + undated
    assert titles(world, limit, due_before="2025-03-03T12:00:00+08:00") == "ab"


def test_filters(world: Brand) -> None:
    task(world, "m:ann", "a", assignee="小红", **due(1))
    b = task(world, "b:b1", "b", assignee="小红", **due(2))
    task(world, "b:b1", "c", **due(3))
    send(world, "PATCH", f"/v1/tasks/{b['task_id']}", done=True)
    assert titles(world, assignee="小红") == "ab"
    assert titles(world, assignee="小红", done=False) == "a"
    assert titles(world, done=True) == "b"
    assert titles(world, customer_id="b:b1") == "bc"
    assert titles(world, customer_id="m:b1") == titles(world, customer_id="?") == ""
    merge(world, "m:ann", "b:b1")
    assert titles(world, customer_id="b:b1") == titles(world, customer_id="m:ann") == "abc"
    assert {each["customer_id"] for each in world.ask("/v1/tasks")["items"]} == {"m:ann"}


def test_closed_and_opened_again(world: Brand) -> None:
    made = task(world, "m:ann", "回访", **due(1))
    path = f"/v1/tasks/{made['task_id']}"
    assert (made["done_at"], made["due_at"]) == (None, "2025-03-01T04:00:00Z")
    actor = f"key:{world.key.split('_')[2]}"
    done = send(world, "PATCH", path, done=True)
    assert (done["done_by"], made["made_by"]) == (actor, actor)
    assert send(world, "PATCH", path, done=True) == done == world.ask(path)
    opened = send(world, "PATCH", path, done=False, assignee="小红", due_at=None, title="再访")
    assert opened == made | {"assignee": "小红", "due_at": None, "title": "再访"}
    assert send(world, "PATCH", path, assignee=None)["assignee"] is None
    send(world, "DELETE", path, 204)
    with world.client as client:
        for answer in (client.get(path), client.delete(path), client.patch(path, json={})):
            problem(answer, 404, "not_found")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("title", ""),
        ("title", "x" * 501),
        ("title", None),
        ("assignee", ""),
        ("assignee", "x" * 201),
        ("due_at", "tomorrow"),
        ("due_at", "2025-03-01T12:00:00"),
        ("due_at", "0001-01-01T00:00:00+23:59"),
        ("due_at", 1),
        ("mystery", 1),
    ],
)
def test_what_does_not_fit(world: Brand, field: str, value: Any) -> None:
    made = task(world, "m:ann", "x")
    with world.client as client:
        body = {"title": "x"} | {field: value}
        for method, path in (
            ("POST", "/v1/customers/m:ann/tasks"),
            ("PATCH", f"/v1/tasks/{made['task_id']}"),
        ):
            problem(client.request(method, path, json=body), 422, "invalid", f"/{field}")


@pytest.mark.parametrize(
    ("field", "value"), [("due_before", "now"), ("cursor", "x"), ("limit", "0"), ("limit", "201")]
)
def test_questions_that_are_none(service: Service, field: str, value: str) -> None:
    with service.brand().client as client:
        problem(client.get("/v1/tasks", params={field: value}), 400, "invalid", field)


def test_another_brand_sees_none(service: Service, world: Brand) -> None:
    path = f"/v1/tasks/{task(world, 'm:ann', 'x')['task_id']}"
    with service.brand().client as client:
        for answer in (
            client.get(path),
            client.patch(path, json={"title": "y"}),
            client.delete(path),
            client.post("/v1/customers/m:ann/tasks", json={"title": "y"}),
        ):
            problem(answer, 404, "not_found")
        assert client.get("/v1/tasks").json()["items"] == []
        answer = client.get("/v1/tasks", params={"customer_id": "m:ann"})
        assert answer.json()["items"] == []
