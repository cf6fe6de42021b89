"""Remarks: on any identity of a customer, latest first."""

from typing import Any

import pytest

from tests.api.door import problem
from tests.desk.people import merge, send, undo
from tests.make import Brand, Service
from tests.metrics.told import told

STORY = """
    03-02 10:00 member.joined group_id=g1 member_id=ann
    03-03 10:00 order.paid    order_id=o1 buyer_id=b1 amount=9
"""


@pytest.fixture
def world(service: Service) -> Brand:
    return told(service, STORY, identity_mode="separate")


def remark(brand: Brand, customer_id: str, text: str) -> Any:
    return send(brand, "POST", f"/v1/customers/{customer_id}/remarks", 201, text=text)


def texts(brand: Brand, customer_id: str) -> list[str]:
    """All of them, one a page."""
    found: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        page = brand.ask(f"/v1/customers/{customer_id}/remarks", limit=1, **cursor)
        found += [each["text"] for each in page["items"]]
        if page["next"] is None:
            return found
        cursor = {"cursor": page["next"]}


def test_they_follow_identities(world: Brand) -> None:
    for customer_id, said in (("m:ann", "1"), ("b:b1", "2"), ("m:ann", "3")):
        remark(world, customer_id, said)
    assert (texts(world, "m:ann"), texts(world, "b:b1")) == (["3", "1"], ["2"])
    merged = merge(world, "m:ann", "b:b1")
    assert texts(world, "m:ann") == texts(world, "b:b1") == ["3", "2", "1"]
    made = remark(world, "b:b1", "4")
    assert made["customer_id"] == "m:ann"
    undo(world, merged["merge_id"])
    assert (texts(world, "m:ann"), texts(world, "b:b1")) == (["3", "1"], ["4", "2"])


def test_changed_and_deleted(world: Brand) -> None:
    made = remark(world, "m:ann", "喜欢 925 银\n怕痒")
    assert made["changed_at"] is None
    path = f"/v1/remarks/{made['remark_id']}"
    changed = send(world, "PATCH", path, text="喜欢金")
    assert changed["text"] == "喜欢金"
    assert changed["changed_at"] >= changed["made_at"] == made["made_at"]
    assert send(world, "PATCH", path) == changed
    send(world, "DELETE", path, 204)
    with world.client as client:
        problem(client.delete(path), 404, "not_found")
        problem(client.patch(path, json={"text": "x"}), 404, "not_found")
    assert texts(world, "m:ann") == []


@pytest.mark.parametrize("text", ["", None, 1, "x" * 4001, "a\0"])
def test_texts_that_are_none(world: Brand, text: Any) -> None:
    with world.client as client:
        answer = client.post("/v1/customers/m:ann/remarks", json={"text": text})
        problem(answer, 422, "invalid", "/text")
    assert remark(world, "m:ann", "好" * 4000)["text"] == "好" * 4000


@pytest.mark.parametrize("customer_id", ["m:eve", "ann", "b:ann", "x:ann", "m:", "m:%2F"])
def test_of_nobody(world: Brand, customer_id: str) -> None:
    with world.client as client:
        path = f"/v1/customers/{customer_id}/remarks"
        problem(client.get(path), 404, "not_found")
        problem(client.post(path, json={"text": "x"}), 404, "not_found")


def test_another_brand_sees_none(service: Service, world: Brand) -> None:
    path = f"/v1/remarks/{remark(world, 'm:ann', 'x')['remark_id']}"
    with service.brand().client as client:
        problem(client.get("/v1/customers/m:ann/remarks"), 404, "not_found")
        problem(client.patch(path, json={"text": "y"}), 404, "not_found")
        problem(client.delete(path), 404, "not_found")
    assert texts(world, "m:ann") == ["x"]
