"""Kept numbers of two months, worked out by hand, and what late events move."""

from typing import Any

import pytest

from tests.kept.keeper import LEDGER, RATES, SHARES, Keeper, history, kept, moved
from tests.make import Brand
from tests.metrics.told import event

WORLD = """
03-01 10:00 member.joined group_id=g1 member_id=ann
03-03 12:00 order.paid order_id=o1 buyer_id=ann amount=100 touch.group_id=g1
03-10 12:00 order.paid order_id=o2 buyer_id=ann amount=300
03-12 12:00 order.paid order_id=o3 buyer_id=bob amount=400
03-20 12:00 order.refunded order_id=o2 refund_id=r1 amount=100
04-02 12:00 order.paid order_id=o4 buyer_id=bob amount=200
04-05 12:00 order.paid order_id=o5 buyer_id=cat amount=600 touch.group_id=g1
04-10 12:00 order.refunded order_id=o3 refund_id=r2 amount=400
"""
JUNE = "2025-06-01T00:00:00+08:00"

MARCH = {
    "group_share_touch_gross": (0.125, 100, 800),
    "group_share_member_gross": (0.5, 400, 800),
    # As of 1 April: the refund of o3 had not happened.
    "group_share_touch_net": (0.142857, 100, 700),
    "group_share_member_net": (0.428571, 300, 700),
    "group_share_touch_net_ledger": (0.142857, 100, 700),
    "group_share_member_net_ledger": (0.428571, 300, 700),
    "repurchase_window": (0.5, 1, 2),
    # As of 1 May: o3 is given back, so bob first bought in April.
    "repurchase_cohort": (1.0, 1, 1),
    "repurchase_cohort_group": (1.0, 1, 1),
    "repurchase_cohort_non_group": (None, 0, 0),
    "repurchase_cohort_lift": (None, 1.0, None),
}
APRIL = {
    "group_share_touch_gross": (0.75, 600, 800),
    "group_share_member_gross": (0.0, 0, 800),
    "group_share_touch_net": (0.75, 600, 800),
    "group_share_member_net": (0.0, 0, 800),
    # The refund of o3 is April's.
    "group_share_touch_net_ledger": (1.5, 600, 400),
    "group_share_member_net_ledger": (0.0, 0, 400),
    "repurchase_window": (0.0, 0, 2),
    "repurchase_cohort": (0.0, 0, 2),
    "repurchase_cohort_group": (None, 0, 0),
    "repurchase_cohort_non_group": (0.0, 0, 2),
    "repurchase_cohort_lift": (None, None, 0.0),
}
COHORT = {"repurchase_cohort", "repurchase_cohort_non_group", "repurchase_cohort_lift"}


@pytest.fixture
def brand(keeper: Keeper) -> Brand:
    made = keeper.web.brand()
    keeper.tell(made, WORLD)
    keeper.keep(made, JUNE)
    return made


def test_by_hand(keeper: Keeper, brand: Brand) -> None:
    assert kept(brand, "month", "2025-03-01") == MARCH
    assert kept(brand, "month", "2025-04-01") == APRIL
    assert kept(brand, "month", "2025-05-01")["repurchase_window"] == (None, 0, 0)
    week = kept(brand, "week", "2025-03-10")
    assert week["group_share_member_gross"] == (0.428571, 300, 700)
    assert week["group_share_touch_gross"] == (0.0, 0, 700)
    assert week["repurchase_cohort"] == (None, 0, 0)
    day = kept(brand, "day", "2025-03-20")
    assert day["group_share_member_net_ledger"] == (1.0, -100, -100)
    assert day["group_share_member_net"] == (None, 0, 0)
    assert {row["start"] for row in history(brand, "day")} == {
        f"2025-{month:02}-{day:02}"
        for month, last in ((3, 31), (4, 30), (5, 31))
        for day in range(1, last + 1)
        if (month, day) >= (3, 3)
    }
    assert {row["start"] for row in history(brand, "week")} >= {"2025-03-03", "2025-05-19"}


def test_kept_once(keeper: Keeper, brand: Brand) -> None:
    before = history(brand, "month")
    assert keeper.keep(brand, JUNE) == 0
    keeper.tell(brand, WORLD)
    assert keeper.keep(brand, JUNE) == 0
    assert history(brand, "month") == before
    assert {row["revision"] for row in before} == {1}


def test_as_of_and_order(brand: Brand) -> None:
    rows = history(brand, "month")
    assert rows == sorted(rows, key=lambda row: (row["series"], row["start"]))
    instants = {(row["series"], row["start"]): row["as_of"] for row in rows}
    assert instants["repurchase_window", "2025-03-01"] == "2025-03-31T16:00:00Z"
    assert instants["repurchase_cohort", "2025-03-01"] == "2025-04-30T16:00:00Z"
    assert {row["kept_at"] for row in rows} == {"2025-05-31T16:00:00Z"}
    assert rows[0]["end"] == "2025-04-01"


LATE: dict[str, tuple[str, dict[tuple[str, str], set[str]]]] = {
    "a refund": (
        "03-25 12:00 order.refunded order_id=o1 refund_id=r9 amount=50",
        {
            ("day", "2025-03-25"): LEDGER,
            ("week", "2025-03-24"): LEDGER,
            ("month", "2025-03-01"): LEDGER | RATES,
        },
    ),
    "an order": (
        "03-15 12:00 order.paid order_id=o9 buyer_id=ann amount=100 touch.group_id=g1",
        {
            ("day", "2025-03-15"): SHARES | LEDGER | {"repurchase_window"},
            ("week", "2025-03-10"): SHARES | LEDGER | {"repurchase_window"},
            ("month", "2025-03-01"): SHARES | LEDGER,
        },
    ),
    "a join": (
        "03-11 12:00 member.joined group_id=g1 member_id=bob",
        {
            ("day", "2025-03-12"): {s for s in SHARES | LEDGER if "member" in s},
            ("week", "2025-03-10"): {s for s in SHARES | LEDGER if "member" in s},
            ("month", "2025-03-01"): {s for s in SHARES | LEDGER if "member" in s},
            ("day", "2025-04-02"): {s for s in SHARES | LEDGER if "member" in s}
            | {"repurchase_cohort_group", "repurchase_cohort_non_group", "repurchase_cohort_lift"},
            ("week", "2025-03-31"): {s for s in SHARES | LEDGER if "member" in s}
            | {"repurchase_cohort_group", "repurchase_cohort_non_group", "repurchase_cohort_lift"},
            # What bob gets back in April leaves the member cells too.
            ("day", "2025-04-10"): {"group_share_member_net_ledger"},
            ("week", "2025-04-07"): {"group_share_member_net_ledger"},
            ("month", "2025-04-01"): {s for s in SHARES | LEDGER if "member" in s}
            | {"repurchase_cohort_group", "repurchase_cohort_non_group", "repurchase_cohort_lift"},
        },
    ),
    "a link": (
        "04-20 12:00 identity.linked member_id=ann buyer_id=cat",
        {
            ("day", "2025-04-05"): {s for s in SHARES | LEDGER if "member" in s} | COHORT,
            ("week", "2025-03-31"): {s for s in SHARES | LEDGER if "member" in s}
            | COHORT - {"repurchase_cohort_lift"},
            ("month", "2025-04-01"): {s for s in SHARES | LEDGER if "member" in s}
            | COHORT - {"repurchase_cohort_lift"},
        },
    ),
}


@pytest.mark.parametrize("what", LATE)
def test_a_late_event_moves_what_it_touches(keeper: Keeper, brand: Brand, what: str) -> None:
    line, expected = LATE[what]
    keeper.tell(brand, line)
    assert keeper.keep(brand, JUNE) > 0
    assert moved(brand) == expected
    late = event(line)
    for row in history(brand, "month", revisions=True):
        for revision in row["revisions"]:
            (cause,) = revision["cause"]
            assert (cause["type"], cause["id"], cause["source"]) == (
                late["type"],
                late["id"],
                "api",
            )
            assert cause["received_at"]
    keeper.tell(brand, line)
    assert keeper.keep(brand, JUNE) == 0, "the same event again changes nothing"


@pytest.mark.parametrize(
    "line",
    [
        "03-12 11:00 card.clicked group_id=g1 member_id=bob",
        "03-09 12:00 group.dismissed group_id=g1",
        "03-09 12:00 member.left group_id=g1 member_id=ann",
        "03-01 12:00 order.placed order_id=o3 buyer_id=ann amount=1 currency=CNY",
        "03-13 12:00 order.paid order_id=o3 buyer_id=ann amount=5",
    ],
)
def test_every_kind_of_event_is_named(keeper: Keeper, brand: Brand, line: str) -> None:
    keeper.tell(brand, line)
    keeper.keep(brand, JUNE)
    causes = [
        cause
        for row in history(brand, revisions=True)
        for revision in row["revisions"]
        for cause in revision["cause"]
    ]
    assert (causes != []) == ("order.placed" not in line), "it says nothing that is not known later"
    assert all(
        (each["type"], each["id"]) == (line.split()[2], event(line)["id"]) for each in causes
    )


def test_a_revision_says_what_moved(keeper: Keeper, brand: Brand) -> None:
    keeper.tell(brand, LATE["a refund"][0])
    keeper.keep(brand, "2025-06-02T00:00:00+08:00")
    name = "group_share_touch_net"
    asked: dict[str, Any] = {"series": name, "end": "2025-04-01", "revisions": True}
    (row,) = history(brand, **asked)
    assert (row["value"], row["numerator"], row["denominator"]) == (0.076923, 50, 650)
    assert row["revision"] == 2
    (revision,) = row["revisions"]
    assert revision["before"] == {"value": 0.142857, "numerator": 100, "denominator": 700}
    assert revision["after"] == {"value": 0.076923, "numerator": 50, "denominator": 650}
    assert (revision["kept_at"], revision["replaced_at"]) == (
        "2025-05-31T16:00:00Z",
        "2025-06-01T16:00:00Z",
    )
    assert [cause["order_id"] for cause in revision["cause"]] == ["o1"]

    keeper.tell(brand, "03-26 12:00 order.refunded order_id=o1 refund_id=r10 amount=50")
    keeper.keep(brand, "2025-06-03T00:00:00+08:00")
    (row,) = history(brand, **asked)
    first, second = row["revisions"]
    assert first == revision
    assert (second["revision"], row["revision"]) == (3, 3)
    assert second["before"] == revision["after"]
    assert "revisions" not in history(brand)[0]


def test_a_full_refund_moves_the_cohort_of_another_period(keeper: Keeper, brand: Brand) -> None:
    """cat's first purchase was given back before it counted: the next one is the first."""
    keeper.tell(brand, "04-08 12:00 order.paid order_id=o6 buyer_id=cat amount=10")
    keeper.keep(brand, JUNE)
    before = kept(brand, "day", "2025-04-08")["repurchase_cohort"]
    keeper.tell(brand, "04-06 12:00 order.refunded order_id=o5 refund_id=r7 amount=600")
    keeper.keep(brand, JUNE)
    assert (before, kept(brand, "day", "2025-04-08")["repurchase_cohort"]) == (
        (None, 0, 0),
        (0.0, 0, 1),
    )
    assert kept(brand, "day", "2025-04-05")["repurchase_cohort"] == (None, 0, 0)


def test_settings_are_a_cause(keeper: Keeper, brand: Brand) -> None:
    keeper.tell(brand, "03-11 20:00 card.clicked group_id=g1 member_id=bob")
    keeper.keep(brand, JUNE)
    touched = kept(brand, "day", "2025-03-12")["group_share_touch_gross"]
    with brand.client as client:
        assert client.patch("/v1/brand", json={"touch_hours": 4}).status_code == 200
    keeper.work()
    keeper.keep(brand, JUNE)
    assert (touched, kept(brand, "day", "2025-03-12")["group_share_touch_gross"]) == (
        (1.0, 400, 400),
        (0.0, 0, 400),
    )
    rows: list[Any] = history(
        brand,
        "day",
        series="group_share_touch_gross",
        start="2025-03-12",
        end="2025-03-13",
        revisions=True,
    )
    assert [each["cause"] for each in rows[0]["revisions"]][-1] == [{"type": "settings"}]


def test_the_example_of_the_docs(keeper: Keeper) -> None:
    brand = keeper.web.brand()
    keeper.tell(
        brand,
        """
        03-01 12:00 member.joined group_id=g1 member_id=a
        03-03 12:00 order.paid order_id=o1 buyer_id=a amount=10000 touch.group_id=g1
        03-10 12:00 order.paid order_id=o2 buyer_id=a amount=30000
        03-12 12:00 order.paid order_id=o3 buyer_id=b amount=40000
        """,
    )
    keeper.keep(brand, JUNE)
    assert kept(brand, "month", "2025-03-01")["group_share_touch_net"] == (0.125, 10000, 80000)
    keeper.tell(brand, "03-25 12:00 order.refunded order_id=o1 refund_id=r1 amount=5000")
    keeper.keep(brand, "2025-06-02T12:01:12+08:00")
    assert kept(brand, "month", "2025-03-01")["group_share_touch_net"] == (0.066667, 5000, 75000)
    assert moved(brand) == {
        ("day", "2025-03-25"): LEDGER,
        ("week", "2025-03-24"): LEDGER,
        ("month", "2025-03-01"): LEDGER | RATES,
    }
