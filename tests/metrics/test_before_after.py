"""Before and after joining, counted by hand."""

from typing import Any

from tests.make import Service
from tests.metrics.golden import golden
from tests.metrics.told import MARCH, at, tell, told

STORY = """
    02-01 10:00 member.joined group_id=g1 member_id=bob
    03-10 10:00 member.joined group_id=g1 member_id=ann source.kind=note source.note_id=n1
    03-11 10:00 member.joined group_id=g2 member_id=bob
    03-12 10:00 member.joined group_id=g2 member_id=cat
    03-03 10:00 order.paid    order_id=o1 buyer_id=ann amount=1000
    03-03 15:00 order.paid    order_id=o2 buyer_id=ann amount=500
    03-10 09:00 order.paid    order_id=o3 buyer_id=ann amount=200
    03-10 10:00 order.paid    order_id=o4 buyer_id=ann amount=700
    03-11 10:00 order.paid    order_id=o5 buyer_id=ann amount=900 kind=gift
    03-17 10:00 order.paid    order_id=o6 buyer_id=ann amount=4000
    03-11 11:00 order.paid    order_id=o7 buyer_id=bob amount=8000
"""
LATE = """
    03-09 10:00 member.joined  group_id=g2 member_id=ann
    03-20 10:00 order.refunded order_id=o1 refund_id=r1 amount=1000
    03-20 10:00 order.refunded order_id=o2 refund_id=r2 amount=500
"""
ASKED = MARCH | {"days": 7}


def sides(customers: int, before: tuple[int, ...], after: tuple[int, ...], *ratio: Any) -> Any:
    fields = ("buyers", "purchases", "gmv")
    return {
        "customers": customers,
        "before": dict(zip(fields, before, strict=True)),
        "after": dict(zip(fields, after, strict=True)),
        "ratio": dict(zip(fields[1:], ratio, strict=True)),
    }


def shown(answer: Any) -> Any:
    return {field: answer[field] for field in ("customers", "before", "after", "ratio")}


# Ann and cat; bob's first membership of all began in February. Ann's 7 days before begin with o1
# (on one day with o2) and end with o3; o4, at the instant of joining, is after it, though on the
# day of o3. The gift is no GMV order, and o6 comes when the 7 days are over.
FIRST = sides(2, (1, 2, 1700), (1, 1, 700), 0.5, 0.411765)
# Ann had joined a day earlier: o3 now lies after that, on one day with o4.
EARLIER = sides(2, (1, 1, 1500), (1, 1, 900), 1.0, 0.6)
# Both orders before are paid back: no purchases any more, but gross GMV stays.
PAID_BACK = sides(2, (0, 0, 1500), (1, 1, 900), None, 0.6)


@golden(
    *("newcomers", "newcomer_buyers", "newcomer_purchases", "newcomer_gmv"),
    *("before_after_purchases", "before_after_gmv"),
)
def test_before_and_after(service: Service) -> None:
    brand = told(service, STORY)
    assert shown(brand.ask("/v1/metrics/before-after", **ASKED)) == FIRST
    tell(brand, LATE)
    before = ASKED | {"as_of": at("03-20", "10:00")}
    assert shown(brand.ask("/v1/metrics/before-after", **before)) == EARLIER
    assert shown(brand.ask("/v1/metrics/before-after", **ASKED)) == PAID_BACK
    tell(brand, LATE + STORY)
    assert shown(brand.ask("/v1/metrics/before-after", **ASKED)) == PAID_BACK


def test_filters_and_maturity(service: Service) -> None:
    brand = told(service, STORY)

    def asked(**more: str) -> Any:
        return shown(brand.ask("/v1/metrics/before-after", **ASKED | more))

    nothing = ((0, 0, 0), (0, 0, 0), None, None)
    ann = sides(1, (1, 2, 1700), (1, 1, 700), 0.5, 0.411765)
    assert asked(group_id="g1") == asked(note_id="n1") == ann
    assert asked(group_id="g2") == sides(1, *nothing)
    assert asked(group_id="g2", note_id="n1") == asked(end=MARCH["start"]) == sides(0, *nothing)
    # Cat is 7 days old on the 19th at 10:00.
    assert asked(as_of=at("03-19", "09:59"))["customers"] == 1
    assert asked(as_of=at("03-19", "10:00"))["customers"] == 2
