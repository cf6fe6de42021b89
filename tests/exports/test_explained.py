"""The orders of an export are credited as each is explained by itself, as of whatever instant."""

from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.exports.reading import read_run, rows, run_of
from tests.make import Brand, Service
from tests.metrics.told import at, told

STORY = """
    03-01 00:00 note.published note_id=n1 creator_id=k1
    03-01 00:00 note.published note_id=n2 creator_id=k2
    03-02 10:00 member.joined group_id=g1 member_id=ann source.kind=note source.note_id=n2
    03-02 10:00 member.joined group_id=g2 member_id=ann source.kind=note source.note_id=n1
    03-03 10:00 order.paid order_id=tie buyer_id=ann amount=100
    03-04 10:00 member.left group_id=g2 member_id=ann
    03-04 10:00 order.paid order_id=at-leave buyer_id=ann amount=200
    03-04 12:00 card.clicked group_id=g3 member_id=ann message_id=c1
    03-05 12:00 order.paid order_id=click-edge buyer_id=ann amount=300
    03-05 12:01 order.paid order_id=click-late buyer_id=ann amount=400
    03-06 09:00 order.paid order_id=before-join buyer_id=bob amount=500
    03-06 09:00 member.joined group_id=g1 member_id=bob source.kind=note source.note_id=n1
    03-06 09:01 order.paid order_id=after-join buyer_id=bob amount=600 touch.group_id=g9
    03-07 09:00 order.paid order_id=own buyer_id=bob amount=700 touch.note_id=n2 touch.creator_id=k9
    03-07 10:00 order.paid order_id=nobody buyer_id=cat amount=800
    03-08 10:00 member.joined group_id=g1 member_id=cat source.kind=note source.note_id=n2
    03-09 10:00 member.left group_id=g1 member_id=cat
    03-10 10:00 order.paid order_id=past-stay buyer_id=cat amount=900 touch.group_id=g1
    03-07 09:00 order.refunded order_id=tie refund_id=r2 amount=70
    03-07 09:00 order.refunded order_id=tie refund_id=r1 amount=60
    03-09 09:00 order.refunded order_id=nobody refund_id=r3 amount=800
    03-06 09:00 order.refunded order_id=own refund_id=early amount=50
"""

INSTANTS = ["03-06", "03-07", "03-07 09:00", "03-08", "03-09 09:00", "03-09 09:01", "03-12"]


@pytest.fixture(scope="module")
def brand(service: Service) -> Brand:
    return told(service, STORY)


def instant(text: str) -> str:
    return at(*text.split())


def exported(service: Service, brand: Brand, as_of: str, folder: Path) -> Any:
    run = run_of(brand, "window", date(2025, 3, 1), date(2025, 3, 12), as_of)
    return read_run(service, run, folder)


@pytest.mark.parametrize("text", INSTANTS)
def test_each_order_is_credited_as_it_is_explained(
    service: Service, brand: Brand, text: str, tmp_path: Path
) -> None:
    as_of = instant(text)
    found = {
        row["order_id"]: row for row in rows(exported(service, brand, as_of, tmp_path), "orders")
    }
    paid = [line.split() for line in STORY.splitlines() if " order.paid " in line]
    for day, time, _, order, *_ in paid:
        order_id = order.removeprefix("order_id=")
        said = brand.ask(f"/v1/orders/{order_id}/explain", as_of=as_of)
        assert (order_id in found) == (said["cell"] is not None)
        if order_id not in found:
            assert at(day, time) >= as_of
            continue
        row = found[order_id]
        names = ("cell", "group_id", "note_id", "first_note_id", "creator_id")
        assert {name: row[name] for name in names} == {name: said[name] for name in names}
        stay, touch = said["membership"], said["touch"]
        assert row["member_id"] == (stay and stay["member_id"])
        assert row["joined_at"] == (stay and datetime.fromisoformat(stay["joined_at"]))
        assert row["source_kind"] == (stay and stay["source_kind"])
        assert row["click_event_id"] == (touch and touch["event_id"])
        kinds = {"order": "touch_by_order", "click": "touch_by_click"}
        assert row["reason"] == (
            kinds[touch["kind"]] if touch else "neither" if row["cell"] == "neither" else "member"
        )


def test_cells_and_credits_by_hand(service: Service, brand: Brand, tmp_path: Path) -> None:
    content = exported(service, brand, instant("03-12"), tmp_path)
    assert rows(content, "orders", "order_id", "cell", "group_id", "note_id", "refunded") == [
        # The order names a group that the customer has never been in: no stay, so no note.
        ("after-join", "member_and_touch", "g9", None, 0),
        # Memberships end before the instant of leaving: only g1 is left.
        ("at-leave", "member_only", "g1", "n2", 0),
        # A join at the instant of paying counts.
        ("before-join", "member_only", "g1", "n1", 0),
        # 24 hours after the click, to the minute; then a minute too late.
        ("click-edge", "member_and_touch", "g3", None, 0),
        ("click-late", "member_only", "g1", "n2", 0),
        ("nobody", "neither", None, None, 800),
        # Refunded before it was paid; what the order says of note and creator stands.
        ("own", "member_only", "g1", "n2", 50),
        # g1 had been left, but the order names it: its last stay is credited.
        ("past-stay", "touch_only", "g1", "n2", 0),
        # Joined both at one instant: the larger group_id.
        ("tie", "member_only", "g2", "n1", 100),
    ]
    refunds = rows(content, "refunds", "order_id", "refund_id", "amount")
    assert refunds == [
        ("nobody", "r3", 800),
        ("own", "early", 50),
        # At one instant in the order of their ids, and no more than was paid.
        ("tie", "r1", 60),
        ("tie", "r2", 40),
    ]


@pytest.mark.parametrize(
    ("text", "refunded"),
    [
        ("03-07 09:00", {"tie": 0}),
        ("03-07 09:01", {"tie": 100, "own": 50}),
        ("03-09 09:00", {"tie": 100, "nobody": 0}),
        ("03-09 09:01", {"tie": 100, "nobody": 800}),
    ],
)
def test_a_refund_at_as_of_has_not_happened(
    service: Service, brand: Brand, text: str, refunded: dict[str, int], tmp_path: Path
) -> None:
    content = exported(service, brand, instant(text), tmp_path)
    found = dict(rows(content, "orders", "order_id", "refunded"))
    assert {order_id: found[order_id] for order_id in refunded} == refunded
