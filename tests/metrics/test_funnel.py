"""The funnel, counted by hand."""

from typing import Any

from tests.make import Service
from tests.metrics.golden import golden
from tests.metrics.told import MARCH, at, tell, told

STORY = """
    03-03 09:00 note.published   note_id=n1 title=春款 creator_id=k1
    03-03 09:00 creator.updated  creator_id=k1 name=小红 mcn=星野
    03-03 10:00 member.joined    group_id=g1 member_id=ann source.kind=note source.note_id=n1
    03-03 11:00 member.joined    group_id=g1 member_id=bob source.kind=note source.note_id=n1
    03-03 12:00 member.joined    group_id=g1 member_id=cat
    03-04 10:00 message.sent     group_id=g1 member_id=ann message_id=m1
    03-04 10:01 message.recalled group_id=g1 message_id=m1
    03-05 10:00 member.left      group_id=g1 member_id=bob
    03-06 10:00 order.paid       order_id=o1 buyer_id=ann amount=10000
    03-06 11:00 order.paid       order_id=o2 buyer_id=bob amount=3000
    03-10 10:00 order.paid       order_id=o3 buyer_id=ann amount=5000
"""
LATE = """
    03-03 08:00 member.joined    group_id=g2 member_id=bob source.kind=note source.note_id=n1
    03-20 10:00 order.refunded   order_id=o1 refund_id=r1 amount=4000
    04-02 10:00 order.refunded   order_id=o2 refund_id=r2 amount=3000
"""
COUNTS = [
    "joins",
    "joined_customers",
    "mature_joins",
    "left",
    "speakers",
    "buyers",
    "repeat_buyers",
    "credited_orders",
    "credited_gmv",
    "credited_net_gmv",
]


def row(key: str | None, name: str | None, *counts: int) -> dict[str, Any]:
    return {"key": key, "name": name} | dict(zip(COUNTS, counts, strict=True))


# H is 7 days. From n1: ann and bob. Bob left inside H; ann spoke, though the message is recalled.
# Ann bought inside H (o1), and again (o3) just when H was over: no repeat. Bob bought after he
# left, but inside H. Ann's orders are credited to her note; bob's (o2) to none, as he was in no
# group then. Cat came from no note.
NOTE = row("n1", "春款", 2, 2, 2, 1, 1, 2, 0, 2, 15000, 15000)
NULL = row(None, None, 1, 1, 1, 0, 0, 0, 0, 1, 3000, 3000)

# Bob had joined g2 from n1 before: one more joining of the same two customers, still open when
# he paid o2, which is therefore credited to n1: 15000 + 3000.
JOINED_LATE = row("n1", "春款", 3, 2, 3, 1, 1, 2, 0, 3, 18000, 18000)
# Then 4000 and 3000 are paid back; o2 is no purchase any more, so bob is no buyer.
PAID_BACK = row("n1", "春款", 3, 2, 3, 1, 1, 1, 0, 3, 18000, 11000)
NULL_LATE = row(None, None, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0)


@golden(
    *("funnel_joins", "funnel_joined_customers", "funnel_mature_joins", "funnel_left"),
    *("funnel_speakers", "funnel_buyers", "funnel_repeat_buyers"),
    *("credited_orders", "credited_gmv", "credited_net_gmv"),
)
def test_by_note(service: Service) -> None:
    brand = told(service, STORY)
    asked = MARCH | {"by": "note", "within_days": 7}
    assert brand.ask("/v1/metrics/funnel", **asked)["rows"] == [NOTE, NULL]
    tell(brand, LATE)
    before = asked | {"as_of": at("03-20", "10:00")}
    assert brand.ask("/v1/metrics/funnel", **before)["rows"] == [JOINED_LATE, NULL_LATE]
    assert brand.ask("/v1/metrics/funnel", **asked)["rows"] == [PAID_BACK, NULL_LATE]
    tell(brand, LATE + STORY)
    assert brand.ask("/v1/metrics/funnel", **asked)["rows"] == [PAID_BACK, NULL_LATE]


def test_the_same_by_creator_mcn_kind_and_group(service: Service) -> None:
    brand = told(service, STORY)
    asked = MARCH | {"within_days": 7}

    def rows(by: str) -> Any:
        return brand.ask("/v1/metrics/funnel", by=by, **asked)["rows"]

    assert rows("creator") == [NOTE | {"key": "k1", "name": "小红"}, NULL]
    assert rows("mcn") == [NOTE | {"key": "星野", "name": "星野"}, NULL]
    assert rows("source_kind") == [NOTE | {"key": "note", "name": "note"}, NULL]
    # All three joined g1; only bob's order is credited to no group.
    assert rows("group") == [
        row("g1", None, 3, 3, 3, 1, 1, 2, 0, 2, 15000, 15000),
        row(None, None, 0, 0, 0, 0, 0, 0, 0, 1, 3000, 3000),
    ]
    # Nobody came from a live, so all are in one row.
    assert rows("live") == [row(None, None, 3, 3, 3, 1, 1, 2, 0, 3, 18000, 18000)]


def test_live_and_a_repeat_in_one_horizon(service: Service) -> None:
    brand = told(
        service,
        """
        03-03 12:00 live.started  live_id=l1 title=早场
        03-03 12:30 member.joined group_id=g1 member_id=ann source.kind=live source.live_id=l1
        03-04 12:30 order.paid    order_id=o1 buyer_id=ann amount=100 touch.live_id=l1
        03-05 12:30 order.paid    order_id=o2 buyer_id=ann amount=200
        """,
    )
    found = brand.ask("/v1/metrics/funnel", by="live", **MARCH)
    assert found["rows"] == [
        row("l1", "早场", 1, 1, 1, 0, 0, 1, 1, 1, 100, 100),
        row(None, None, 0, 0, 0, 0, 0, 0, 0, 1, 200, 200),
    ]
    # 30 days after the joining are not over on 10 March, but what had happened counts.
    young = brand.ask("/v1/metrics/funnel", by="live", **MARCH | {"as_of": at("03-10")})
    assert young["rows"][0] == row("l1", "早场", 1, 1, 0, 0, 0, 1, 1, 1, 100, 100)


def test_sorted_and_in_pages(service: Service) -> None:
    brand = told(service, STORY)
    asked = MARCH | {"by": "note", "sort": "-joins", "limit": 1}
    first = brand.ask("/v1/metrics/funnel", **asked)
    second = brand.ask("/v1/metrics/funnel", cursor=first["next"], **asked)
    assert [first["rows"][0]["key"], second["rows"][0]["key"]] == ["n1", None]
    assert second["next"] is None
    ascending = brand.ask("/v1/metrics/funnel", **asked | {"sort": "credited_gmv", "limit": 1000})
    assert [each["key"] for each in ascending["rows"]] == [None, "n1"]
    by_key = brand.ask("/v1/metrics/funnel", **asked | {"sort": "-key", "limit": 1000})
    assert [each["key"] for each in by_key["rows"]] == ["n1", None]
