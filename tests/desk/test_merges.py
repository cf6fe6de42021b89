"""Merges: which orders change cell and why, by hand; undoing gives all of it back."""

from typing import Any

import pytest

from tests.api.door import problem
from tests.desk.people import customers, derived, merge, send, undo
from tests.make import Brand, Service
from tests.metrics.told import MARCH, tell, told

# Ann joined g1 from note n1 on the 2nd and clicked a card in g2 on the 5th; she is known as a
# member alone. b1 and b2 are known as buyers alone.
STORY = """
    03-02 10:00 member.joined  group_id=g1 member_id=ann source.kind=note source.note_id=n1
    03-05 10:00 card.clicked   group_id=g2 member_id=ann
    03-06 10:00 message.sent   group_id=g1 member_id=ann message_id=m1
    03-01 12:00 order.paid     order_id=o1 buyer_id=b1 amount=100
    03-03 12:00 order.paid     order_id=o2 buyer_id=b1 amount=200
    03-04 12:00 order.paid     order_id=o3 buyer_id=b1 amount=400 touch.group_id=g9
    03-05 12:00 order.paid     order_id=o4 buyer_id=b1 amount=800
    03-06 12:00 order.refunded order_id=o2 refund_id=r1 amount=50
    03-03 13:00 order.paid     order_id=o5 buyer_id=b2 amount=1600
    03-07 12:00 member.joined  group_id=g1 member_id=eve
    03-08 12:00 message.sent   group_id=g1 member_id=eve message_id=m2
    03-08 12:00 order.paid     order_id=o6 buyer_id=b3 amount=3200
    03-09 12:00 identity.linked member_id=eve buyer_id=b3
"""
CELLS = ("member_and_touch", "member_only", "touch_only", "neither")


def cells(brand: Brand) -> list[int]:
    """The GMV by cell."""
    answer = brand.ask("/v1/metrics/gmv-share", **MARCH)
    return [answer["cells"][cell]["gmv"] for cell in CELLS]


@pytest.fixture
def world(service: Service) -> Brand:
    brand = told(service, STORY, identity_mode="separate")
    # Only eve's order is a member's; only o3 names a group.
    assert cells(brand) == [0, 3200, 400, 100 + 200 + 800 + 1600]
    return brand


def cell(cell: str, group: str | None = None, note: str | None = None) -> dict[str, Any]:
    return {"cell": cell, "group_id": group, "note_id": note}


# o1 was paid before ann joined. o2: she is a member of g1, from n1. o3 names g9, of which she is
# none, but she was a member of some group. o4: besides she had clicked in g2 two hours before.
EFFECT = {
    "orders": 4,
    "changed": 3,
    "items": [
        {"order_id": "o2", "before": cell("neither"), "after": cell("member_only", "g1", "n1")},
        {
            "order_id": "o3",
            "before": cell("touch_only", "g9"),
            "after": cell("member_and_touch", "g9"),
        },
        {"order_id": "o4", "before": cell("neither"), "after": cell("member_and_touch", "g2")},
    ],
}
BACK = {
    "orders": 4,
    "changed": 3,
    "items": [
        {"order_id": each["order_id"], "before": each["after"], "after": each["before"]}
        for each in EFFECT["items"]  # type: ignore[attr-defined]
    ],
}
TOGETHER = {"m:ann": ["b:b1", "m:ann"]}
APART = {"b:b1": ["b:b1"], "m:ann": ["m:ann"]}


def test_a_dry_run_tells_and_does_nothing(service: Service, world: Brand) -> None:
    before = derived(service, world)
    answer = merge(world, "m:ann", {"space": "buyer", "id": "b1"}, dry_run=True)
    assert answer["effect"] == EFFECT
    assert (answer["dry_run"], answer["merge_id"]) == (True, None)
    assert customers(answer) == TOGETHER
    assert derived(service, world) == before
    for table in ("identity_merge", "audit_entry", "dirty_customer", "dirty_sum"):
        given = {"b": world.brand_id}
        assert service.sql(f"SELECT 1 FROM {table} WHERE brand_id = :b", **given) == []


def test_the_numbers_follow_and_undoing_gives_them_back(service: Service, world: Brand) -> None:
    before = derived(service, world)
    answer = merge(world, "b:b1", "m:ann", reason="同一人")
    assert (answer["dry_run"], answer["effect"], answer["reason"]) == (False, None, "同一人")
    assert customers(answer) == TOGETHER
    world.drain()
    assert cells(world) == [400 + 800, 3200 + 200, 0, 100 + 1600]
    explained = world.ask("/v1/orders/o2/explain")
    assert (explained["cell"], explained["group_id"], explained["note_id"]) == (
        *("member_only", "g1", "n1"),
    )
    repurchase = world.ask("/v1/metrics/repurchase", kind="window", **MARCH)
    assert (repurchase["buyers"], repurchase["repeat_buyers"]) == (3, 1)

    told_back = undo(world, answer["merge_id"], dry_run=True)
    assert told_back["effect"] == BACK
    assert customers(told_back) == APART
    assert customers(undo(world, answer["merge_id"])) == APART
    world.drain()
    assert derived(service, world) == before


def test_a_link_is_a_merge_of_its_kind(world: Brand) -> None:
    body: dict[str, Any] = {"member_id": "ann", "buyer_id": "b1"}
    answer = send(world, "POST", "/v1/identity-links", **body, dry_run=True)
    assert (answer["effect"], answer["kind"]) == (EFFECT, "link")
    answer = send(world, "POST", "/v1/identity-links", **body)
    assert customers(answer) == TOGETHER
    with world.client as client:
        again = client.post("/v1/identity-links", json=body)
        problem(again, 409, "same_customer", "/b")


def test_events_that_come_later_are_the_customers(world: Brand) -> None:
    answer = merge(world, "m:ann", "b:b2")
    tell(
        world,
        """
        03-10 12:00 order.paid    order_id=o7 buyer_id=b2 amount=10000
        03-01 09:00 member.joined group_id=g3 member_id=ann
    """,
    )
    # o7 and, since she was in g3 before, o5 are a member's now.
    assert cells(world) == [0, 3200 + 1600 + 10000, 400, 100 + 200 + 800]
    undo(world, answer["merge_id"])
    world.drain()
    assert cells(world) == [0, 3200, 400, 100 + 200 + 800 + 1600 + 10000]


def test_what_another_statement_holds_stays_together(service: Service, world: Brand) -> None:
    """A ring: ann to b1, b1 to b2, and an event that ann is b2."""
    first = merge(world, "m:ann", "b:b1")
    second = merge(world, "b:b1", "b:b2")
    ring = {"m:ann": ["b:b1", "b:b2", "m:ann"]}
    assert customers(second) == ring
    tell(world, "03-09 12:00 identity.linked member_id=ann buyer_id=b2")
    with world.client as client:
        problem(
            client.post("/v1/identity-merges", json={"a": "m:ann", "b": "b:b2"}),
            *(409, "same_customer", "/b"),
        )
    assert customers(undo(world, first["merge_id"])) == ring
    assert customers(undo(world, second["merge_id"])) == {
        "b:b1": ["b:b1"],
        "m:ann": ["b:b2", "m:ann"],
    }
    world.drain()
    assert cells(world) == [0, 3200 + 1600, 400, 100 + 200 + 800]


def test_a_chain_breaks_where_it_is_undone(world: Brand) -> None:
    merge(world, "m:ann", "b:b1")
    middle = merge(world, "b:b1", "b:b2")
    last = merge(world, "b:b2", "m:eve")
    assert customers(last) == {"m:ann": ["b:b1", "b:b2", "b:b3", "m:ann", "m:eve"]}
    assert customers(undo(world, middle["merge_id"])) == {
        "m:ann": ["b:b1", "m:ann"],
        "m:eve": ["b:b2", "b:b3", "m:eve"],
    }


def test_what_an_event_said_cannot_be_undone(world: Brand) -> None:
    found = world.ask("/v1/customers/b:b3/identities")
    assert found["customer_id"] == "m:eve"
    (statement,) = found["statements"]
    assert statement["kind"] == "event"
    with world.client as client:
        path = f"/v1/identity-merges/{statement['statement_id']}/undo"
        problem(client.post(path), 409, "linked_by_event")
        for other in ("event_WyJhIiwiYiJd", "event_é", "event_", "nothing"):
            problem(client.post(f"/v1/identity-merges/{other}/undo"), 404, "not_found")


def test_undone_once(world: Brand) -> None:
    answer = merge(world, "m:ann", "b:b1")
    with world.client as client:
        path = f"/v1/identity-merges/{answer['merge_id']}/undo"
        assert client.post(path).status_code == 200
        problem(client.post(path), 409, "already_undone")
    again = merge(world, "m:ann", "b:b1")
    assert again["merge_id"] != answer["merge_id"]


@pytest.mark.parametrize(
    ("body", "status", "code", "field"),
    [
        ({"a": "m:ann", "b": "b:nobody"}, 404, "not_found", "/b"),
        ({"a": "m:b1", "b": "m:ann"}, 404, "not_found", "/a"),
        ({"a": "m:ann", "b": "m:ann"}, 409, "same_customer", "/b"),
        ({"a": "m:eve", "b": "b:b3"}, 409, "same_customer", "/b"),
        ({"a": "ann", "b": "m:ann"}, 422, "invalid", "/a"),
        ({"a": "m:", "b": "m:ann"}, 422, "invalid", "/a"),
        ({"a": 1, "b": "m:ann"}, 422, "invalid", "/a"),
        ({"a": "m:ann"}, 422, "invalid", "/b"),
        ({"a": {"space": "shop", "id": "b1"}, "b": "m:ann"}, 422, "invalid", "/a/space"),
        ({"a": "m:a\0", "b": "m:ann"}, 422, "invalid", "/a"),
        ({"a": "m:ann", "b": "b:b1", "dry_run": 1}, 422, "invalid", "/dry_run"),
        ({"a": "m:ann", "b": "b:b1", "mystery": 1}, 422, "invalid", "/mystery"),
        ({"a": "m:ann", "b": "b:b1", "reason": "x" * 1001}, 422, "invalid", "/reason"),
    ],
)
def test_what_does_not_fit(
    service: Service, body: dict[str, Any], status: int, code: str, field: str
) -> None:
    brand = shared_world(service)
    with brand.client as client:
        problem(client.post("/v1/identity-merges", json=body), status, code, field)


_made: list[Brand] = []


def shared_world(service: Service) -> Brand:
    """One world for what changes nothing."""
    if not _made:
        _made.append(told(service, STORY, identity_mode="separate"))
    return _made[0]


def test_another_brand_sees_nothing(service: Service, world: Brand) -> None:
    answer = merge(world, "m:ann", "b:b1")
    other = service.brand()
    with other.client as client:
        path = f"/v1/identity-merges/{answer['merge_id']}/undo"
        problem(client.post(path), 404, "not_found")
        problem(client.get("/v1/customers/m:ann/identities"), 404, "not_found")
        problem(
            client.post("/v1/identity-merges", json={"a": "m:ann", "b": "b:b1"}),
            *(404, "not_found", "/a"),
        )
        assert client.get("/v1/identity-merges").json() == {"items": [], "next": None}


def test_the_list_is_paged_and_the_log_has_it(service: Service, world: Brand) -> None:
    ids = [merge(world, a, b)["merge_id"] for a, b in (("m:ann", "b:b1"), ("m:ann", "b:b2"))]
    ids.append(
        send(world, "POST", "/v1/identity-links", member_id="eve", buyer_id="b2")["merge_id"]
    )
    undo(world, ids[1])
    first = world.ask("/v1/identity-merges", limit=2)
    assert [each["merge_id"] for each in first["items"]] == [ids[2], ids[1]]
    rest = world.ask("/v1/identity-merges", limit=2, cursor=first["next"])
    assert [each["merge_id"] for each in rest["items"]] == [ids[0]]
    assert rest["next"] is None
    (undone,) = world.ask("/v1/identity-merges", undone=True)["items"]
    assert undone["merge_id"] == ids[1]
    actor = f"key:{world.key.split('_')[2]}"
    assert (undone["made_by"], undone["undone_by"]) == (actor, actor)
    with world.client as client:
        answer = client.get("/v1/identity-merges", params={"cursor": "x"})
        problem(answer, 400, "invalid", "cursor")
    entries = service.sql(
        "SELECT actor, action, subject FROM audit_entry WHERE brand_id = :b ORDER BY seq",
        b=world.brand_id,
    )
    assert [tuple(entry) for entry in entries] == [
        (actor, "customer.merge", ids[0]),
        (actor, "customer.merge", ids[1]),
        (actor, "customer.link", ids[2]),
        (actor, "customer.unmerge", ids[1]),
    ]
    statements = world.ask("/v1/customers/b:b1/identities")["statements"]
    assert [each["statement_id"] for each in statements] == ids[:2]
