"""The row of a customer, worked out by hand."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from tests.make import Brand, Service

Event = dict[str, Any]


def at(day: int, hour: int = 12) -> str:
    return f"2025-03-{day:02}T{hour:02}:00:00+08:00"


def moment(day: int, hour: int = 12) -> datetime:
    return datetime(2025, 3, day, hour - 8, tzinfo=UTC)


def event(type_: str, time: str, **data: Any) -> Event:
    name = " ".join([type_, time, *(str(value) for value in data.values())])
    return {"id": name[:128], "type": type_, "time": time, "data": data}


def paid(order_id: str, time: str, amount: int, buyer_id: str = "p1", **more: Any) -> Event:
    given = {"order_id": order_id, "buyer_id": buyer_id, "amount": amount, "currency": "CNY"}
    return event("order.paid", time, **given, **more)


def row(service: Service, brand: Brand, customer_id: str) -> dict[str, Any] | None:
    rows = service.sql(
        "SELECT * FROM customer WHERE brand_id = :b AND customer_id = :c",
        b=brand.brand_id,
        c=customer_id,
    )
    return dict(rows[0]._mapping) if rows else None


def ids(service: Service, brand: Brand) -> set[str]:
    rows = service.sql("SELECT customer_id FROM customer WHERE brand_id = :b", b=brand.brand_id)
    return {each.customer_id for each in rows}


NOTHING: dict[str, Any] = {
    **dict.fromkeys(("first_joined_at", "first_group_id", "first_note_id")),
    "memberships": 0,
    "open_memberships": 0,
    "orders": 0,
    "gmv": Decimal(0),
    "refunded": Decimal(0),
    "net": Decimal(0),
    "purchases": 0,
    "purchase_days": 0,
    "first_paid_at": None,
    "last_paid_at": None,
}


@pytest.fixture(scope="module")
def brand(service: Service) -> Brand:
    made = service.brand()
    note = {"kind": "note", "note_id": "n1"}
    made.post(
        [
            # p1 was in g1 twice, the second time until now, and for no time at all in g0.
            event("member.joined", at(1, 9), group_id="g0", member_id="p1"),
            event("member.joined", at(1, 8), group_id="g0", member_id="listed"),
            event("group.snapshot", at(1, 9), group_id="g0", member_ids=["listed"]),
            event("member.joined", at(1), group_id="g1", member_id="p1", source=note),
            event("member.left", at(2), group_id="g1", member_id="p1"),
            event("member.joined", at(3), group_id="g1", member_id="p1"),
            # Three paid orders are purchases, on two days; one was paid back whole, one is free,
            # a gift is no GMV order, and one is not paid.
            paid("o1", at(4), 10_000),
            paid("o2", at(4, 20), 5_000),
            paid("o3", at(9), 3_000),
            event("order.refunded", at(10), order_id="o3", refund_id="r1", amount=1_000),
            paid("o4", at(12), 2_000),
            event("order.refunded", at(13), order_id="o4", refund_id="r1", amount=2_500),
            paid("o5", at(14), 0),
            paid("o6", at(15), 9_999, kind="gift"),
            event(
                "order.placed",
                at(16),
                order_id="o7",
                buyer_id="p1",
                amount=7,
                currency="CNY",
            ),
            # Whoever is named has a row.
            event("group.created", at(1), group_id="g1", owner_member_id="owner"),
            event("message.sent", at(5), group_id="g1", member_id="talks", message_id="m1"),
            event("card.clicked", at(5), group_id="g1", member_id="clicks"),
            event("direct_message.received", at(5), message_id="d1", member_id="writes"),
            event("member.updated", at(5), member_id="named", nickname="甲"),
            event("member.left", at(5), group_id="g1", member_id="left"),
            event(
                "order.placed",
                at(5),
                order_id="u1",
                buyer_id="unpaid",
                amount=7,
                currency="CNY",
            ),
            event(
                "member.joined",
                at(6),
                group_id="g1",
                member_id="guest",
                source={"kind": "share", "inviter_member_id": "host"},
            ),
            event("group.snapshot", at(7), group_id="g2", member_ids=["shown"]),
        ]
    )
    made.drain()
    return made


def test_each_column(service: Service, brand: Brand) -> None:
    assert row(service, brand, "m:p1") == {
        "brand_id": brand.brand_id,
        "customer_id": "m:p1",
        "is_member": True,
        "first_joined_at": moment(1),
        "first_group_id": "g1",
        "first_note_id": "n1",
        "memberships": 2,
        "open_memberships": 1,
        "orders": 5,
        "gmv": Decimal(20_000),
        "refunded": Decimal(3_000),
        "net": Decimal(17_000),
        "purchases": 3,
        "purchase_days": 2,
        "first_paid_at": moment(4),
        "last_paid_at": moment(9),
    }


def test_whoever_is_named_has_a_row(service: Service, brand: Brand) -> None:
    alone = {"owner", "talks", "clicks", "writes", "named", "left", "host"}
    assert ids(service, brand) == {
        *("m:p1", "m:guest", "m:listed", "m:shown", "b:unpaid"),
        *(f"m:{name}" for name in alone),
    }
    key = {"brand_id": brand.brand_id}
    for name in alone:
        expected = key | {"customer_id": f"m:{name}", "is_member": True} | NOTHING
        assert row(service, brand, f"m:{name}") == expected
    unpaid = key | {"customer_id": "b:unpaid", "is_member": False} | NOTHING
    assert row(service, brand, "b:unpaid") == unpaid


def test_a_merged_customer_loses_its_row(service: Service) -> None:
    made = service.brand(identity_mode="separate")
    made.post([paid("o1", at(4), 100, "b1"), event("member.updated", at(1), member_id="z")])
    made.drain()
    assert ids(service, made) == {"b:b1", "m:z"}
    made.post([event("identity.linked", at(5), member_id="z", buyer_id="b1")])
    made.drain()
    assert ids(service, made) == {"m:z"}
    merged = row(service, made, "m:z")
    assert merged is not None
    assert (merged["is_member"], merged["orders"], merged["net"]) == (True, 1, Decimal(100))


def test_sums_beyond_a_bigint(service: Service) -> None:
    made = service.brand()
    most = 10_000_000_000_000
    count = 1_000
    made.post([paid(f"o{n}", at(4), most) for n in range(count)])
    made.drain()
    found = row(service, made, "b:p1")
    assert found is not None
    assert (found["gmv"], found["orders"]) == (Decimal(most * count), count)
