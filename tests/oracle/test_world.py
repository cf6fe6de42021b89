"""What no golden world shows: an operator's merge, and which orders there are to explain."""

from typing import Any

from .ask import ask
from .clock import instant
from .world import build

CONFIG = {"timezone": "Asia/Shanghai", "identity_mode": "separate"}
NOW = instant("2025-06-01T00:00:00Z")


def event(name: str, day: int, **data: Any) -> dict[str, Any]:
    time = f"2025-03-{day:02}T12:00:00+08:00"
    return {"id": f"{name}-{day}", "type": name, "time": time, "data": data}


EVENTS = [
    event("member.joined", 1, group_id="g", member_id="m", source={"kind": "note", "note_id": "n"}),
    event("order.paid", 2, order_id="o", buyer_id="b", amount=100, currency="CNY"),
    event("order.refunded", 3, order_id="only refunded", refund_id="r", amount=1),
]
NOTHING = dict.fromkeys(["cell", "group_id", "note_id", "first_note_id", "creator_id"])


def test_merge_makes_one_customer() -> None:
    apart = build(EVENTS, CONFIG)
    merged = build(reversed(EVENTS + EVENTS), CONFIG, [(("member", "m"), ("buyer", "b"))])
    path = "/v1/orders/o/explain"
    assert ask(apart, path, {}, NOW) == NOTHING | {"cell": "neither"}
    assert ask(merged, path, {}, NOW) == {
        "cell": "member_only",
        "group_id": "g",
        "note_id": "n",
        "first_note_id": "n",
        "creator_id": None,
    }


def test_an_order_exists_once_it_is_named() -> None:
    world = build(EVENTS, CONFIG)
    assert ask(world, "/v1/orders/only refunded/explain", {}, NOW) == NOTHING
    assert ask(world, "/v1/orders/nobody's/explain", {}, NOW) is None
    unpaid = {"as_of": "2025-03-02T12:00:00+08:00"}
    assert ask(world, "/v1/orders/o/explain", unpaid, NOW) == NOTHING


def test_a_group_that_no_event_names_has_no_rows() -> None:
    world = build(EVENTS, CONFIG)
    params = {"start": "2025-04-01", "end": "2025-04-02"}
    rows = [ask(world, "/v1/metrics/activity", params | {"group_id": g}, NOW) for g in ("g", "?")]
    assert rows[0] is not None
    assert rows[0]["rows"][0]["members_start"] == 1
    assert rows[1] == {"rows": []}
