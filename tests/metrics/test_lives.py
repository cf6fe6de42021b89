"""Lives, counted by hand."""

from typing import Any

from tests.make import Service
from tests.metrics.golden import golden
from tests.metrics.told import MARCH, at, tell, told

STORY = """
    03-03 12:00 live.started  live_id=l1 title=早场
    03-03 14:00 live.ended    live_id=l1
    03-03 13:00 live.started  live_id=l2
    03-03 15:00 live.ended    live_id=l2
    03-04 12:00 live.started  live_id=l3
    03-01 10:00 member.joined group_id=g1 member_id=ann
    03-03 12:05 live.joined   live_id=l1 member_id=ann
    03-03 12:10 live.joined   live_id=l1 member_id=bob group_id=g1
    03-03 13:05 live.joined   live_id=l2 member_id=bob
    03-03 13:10 live.joined   live_id=l2 member_id=cat
    03-10 10:00 member.joined group_id=g1 member_id=eve source.kind=live source.live_id=l1
    03-03 13:30 order.paid    order_id=o1 buyer_id=ann amount=1000
    03-03 13:30 order.paid    order_id=o2 buyer_id=bob amount=2000
    03-03 17:00 order.paid    order_id=o3 buyer_id=cat amount=3000
    03-03 17:00:01 order.paid order_id=o4 buyer_id=cat amount=9000
    03-20 10:00 order.paid    order_id=o5 buyer_id=dan amount=500 touch.live_id=l1
"""
LATE = """
    03-03 13:00 member.joined  group_id=g1 member_id=cat
    03-03 18:00 live.ended     live_id=l1
    03-20 10:00 order.refunded order_id=o3 refund_id=r1 amount=3000
"""
COUNTS = ["viewers", "group_viewers", "joins", "orders", "gmv", "member_orders", "member_gmv"]


def row(live: str, title: str | None, start: str, end: str | None, *counts: int) -> dict[str, Any]:
    run = {"live_id": live, "title": title, "start": start, "end": end}
    return run | dict(zip(COUNTS, counts, strict=True))


# Ann, a member of g1, and bob, who came out of g1, watched l1; eve joined from it. Ann's o1 and
# dan's o5, which names it, are its orders; only ann was a member.
L1 = row("l1", "早场", "2025-03-03T04:00:00Z", "2025-03-03T06:00:00Z", 2, 2, 1, 2, 1500, 1, 1000)
# Bob had viewed both when he paid o2, and l2 started last. Cat paid o3 two hours after its end,
# which is still in time, and o4 a second later, which is not.
L2 = row("l2", None, "2025-03-03T05:00:00Z", "2025-03-03T07:00:00Z", 2, 0, 0, 2, 5000, 0, 0)
L3 = row("l3", None, "2025-03-04T04:00:00Z", None, 0, 0, 0, 0, 0, 0, 0)

# Cat was a member of g1 after all. A refund takes nothing off gmv.
L2_LATE = L2 | {"group_viewers": 1, "member_orders": 1, "member_gmv": 3000}
# The latest end counts. Nobody but cat, who had not viewed l1, paid in the hours it adds.
L1_LATE = L1 | {"end": "2025-03-03T10:00:00Z"}


@golden(
    *("viewers", "group_viewers", "live_joins", "live_orders", "live_gmv"),
    *("live_member_orders", "live_member_gmv"),
)
def test_lives(service: Service) -> None:
    brand = told(service, STORY)
    assert brand.ask("/v1/metrics/lives", **MARCH)["rows"] == [L1, L2, L3]
    tell(brand, LATE)
    assert brand.ask("/v1/metrics/lives", **MARCH)["rows"] == [L1_LATE, L2_LATE, L3]
    tell(brand, LATE + STORY)
    assert brand.ask("/v1/metrics/lives", **MARCH)["rows"] == [L1_LATE, L2_LATE, L3]


def test_as_of(service: Service) -> None:
    brand = told(service, STORY + LATE)
    # At 17:30 l1 was said to have ended once, l3 had not begun, eve not joined, dan not paid.
    then = brand.ask("/v1/metrics/lives", **MARCH | {"as_of": at("03-03", "17:30")})
    assert then["rows"] == [L1 | {"joins": 0, "orders": 1, "gmv": 1000}, L2_LATE]
    # At 13:45 both were running.
    then = brand.ask("/v1/metrics/lives", **MARCH | {"as_of": at("03-03", "13:45")})
    assert [(each["end"], each["gmv"]) for each in then["rows"]] == [(None, 1000), (None, 2000)]


def test_a_live_after_the_window_takes_what_came_later(service: Service) -> None:
    brand = told(
        service,
        """
        03-03 23:00 live.started live_id=l1
        03-04 01:00 live.started live_id=l2
        03-03 23:10 live.joined  live_id=l1 member_id=ann
        03-04 01:10 live.joined  live_id=l2 member_id=ann
        03-04 01:05 order.paid   order_id=o1 buyer_id=ann amount=1
        03-04 01:20 order.paid   order_id=o2 buyer_id=ann amount=20
        """,
    )
    third = MARCH | {"start": "2025-03-03", "end": "2025-03-04"}
    assert [each["gmv"] for each in brand.ask("/v1/metrics/lives", **third)["rows"]] == [1]
    assert [each["gmv"] for each in brand.ask("/v1/metrics/lives", **MARCH)["rows"]] == [1, 20]
