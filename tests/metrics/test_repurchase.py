"""The four kinds of repurchase, counted by hand."""

from typing import Any

from tests.make import Brand, Service
from tests.metrics.golden import golden
from tests.metrics.told import MARCH, at, tell, told

STORY = """
    02-01 10:00 member.joined  group_id=g1 member_id=ann
    02-01 10:00 member.joined  group_id=g1 member_id=bob
    02-15 12:00 order.paid     order_id=c1 buyer_id=cat amount=1000
    03-02 12:00 order.paid     order_id=a1 buyer_id=ann amount=1000
    03-05 10:00 order.paid     order_id=b1 buyer_id=bob amount=1000
    03-05 22:00 order.paid     order_id=b2 buyer_id=bob amount=1000
    03-10 12:00 order.paid     order_id=c2 buyer_id=cat amount=1000
    03-12 12:00 order.paid     order_id=d1 buyer_id=dan amount=1000
    03-20 12:00 order.paid     order_id=a2 buyer_id=ann amount=1000
    03-28 12:00 order.paid     order_id=d2 buyer_id=dan amount=1000
    04-15 12:00 order.paid     order_id=a3 buyer_id=ann amount=1000
"""
LATE = """
    03-01 10:00 member.joined  group_id=g2 member_id=dan
    03-25 10:00 order.refunded order_id=a2 refund_id=r1 amount=1000
"""
# 31 days follow March; they are over with 1 May.
ASKED = MARCH | {"as_of": at("05-02")}
FIELDS = {
    "window": ("buyers", "repeat_buyers", "rate"),
    "returning": ("buyers", "returning_buyers", "rate"),
    "next_period": ("buyers", "retained_buyers", "rate"),
    "cohort": ("buyers", "mature_buyers", "immature_buyers", "repeat_buyers", "rate"),
}
Counts = tuple[float | None, ...]


def answer(kind: str, all_: Counts, group: Counts, non_group: Counts, lift: Any) -> dict[str, Any]:
    """The fields of an answer, for all and by segment."""

    def fields(counts: Counts) -> dict[str, Any]:
        return dict(zip(FIELDS[kind], counts, strict=True))

    segments = {"group": fields(group), "non_group": fields(non_group)}
    return fields(all_) | {"by_segment": segments, "lift": lift}


def asked(brand: Brand, kind: str, **params: str) -> dict[str, Any]:
    """What the answer has of these fields; the curves of cohorts apart."""
    found = brand.ask("/v1/metrics/repurchase", kind=kind, **ASKED | params)
    for segment in found["by_segment"].values():
        segment.pop("curve", None)
    return {name: found[name] for name in (*FIELDS[kind], "by_segment", "lift")}


def steps(points: list[dict[str, Any]]) -> dict[int, float]:
    """Where a curve begins to be what it is."""
    rates = {0: 0.0} | {point["day"]: point["rate"] for point in points}
    return {day: rates[day] for day in rates if day and rates[day] != rates[day - 1]}


# Of those who buy in March ann (a1, a2) and dan (d1, d2) buy again in it. Ann's and bob's first
# purchase was a member's; bob's two are on one day.
WINDOW = answer("window", (4, 2, 0.5), (2, 1, 0.5), (2, 1, 0.5), 1.0)
EACH = answer("window", (4, 3, 0.75), (2, 2, 1.0), (2, 1, 0.5), 2.0)
# Cat had bought in February, ann buys in April.
RETURNING = answer("returning", (4, 1, 0.25), (2, 0, 0.0), (2, 1, 0.5), 0.0)
NEXT = answer("next_period", (4, 1, 0.25), (2, 1, 0.5), (2, 0, 0.0), None)
# Ann's, bob's and dan's first purchase ever is in March. Ann repeats after 18 days, dan after 16.
COHORT = answer("cohort", (3, 3, 0, 2, 0.666667), (2, 2, 0, 1, 0.5), (1, 1, 0, 1, 1.0), 0.5)
# On 8 April dan's 30 days are not over: his repeat is in no rate. But he is in the curve: on day 16
# one of three repeats, on day 18 one of the two who still wait: 1 - 2/3 x 1/2.
YOUNG = answer("cohort", (3, 2, 1, 1, 0.5), (2, 2, 0, 1, 0.5), (1, 0, 1, 0, None), None)
CURVE = {16: 0.333333, 18: 0.666667}

# Dan was a member of g2, so his first purchase was a member's; ann's a2 is paid back, which leaves
# her with a1 alone in March, and with a3 after 44 days.
WINDOW_LATE = answer("window", (4, 1, 0.25), (3, 1, 0.333333), (1, 0, 0.0), None)
EACH_LATE = answer("window", (4, 2, 0.5), (3, 2, 0.666667), (1, 0, 0.0), None)
RETURNING_LATE = answer("returning", (4, 1, 0.25), (3, 0, 0.0), (1, 1, 1.0), 0.0)
NEXT_LATE = answer("next_period", (4, 1, 0.25), (3, 1, 0.333333), (1, 0, 0.0), None)
COHORT_LATE = answer(
    "cohort", (3, 3, 0, 1, 0.333333), (3, 3, 0, 1, 0.333333), (0, 0, 0, 0, None), None
)
CURVE_LATE = {16: 0.333333}


@golden("buyers", "repurchase_window", "repeat_buyers", "repurchase_lift")
def test_window(service: Service) -> None:
    brand = told(service, STORY)
    assert asked(brand, "window") == WINDOW
    assert asked(brand, "window", dedupe="none") == EACH
    tell(brand, LATE)
    for _ in range(2):
        assert asked(brand, "window") == WINDOW_LATE
        assert asked(brand, "window", dedupe="none") == EACH_LATE
        tell(brand, LATE + STORY)
    # At the instant of the refund it has not happened yet; dan has not bought again.
    assert asked(brand, "window", as_of=at("03-25", "10:00"))["repeat_buyers"] == 1


@golden("returning_rate", "returning_buyers", "next_period_rate", "retained_buyers")
def test_returning_and_next_period(service: Service) -> None:
    brand = told(service, STORY)
    assert asked(brand, "returning") == RETURNING
    assert asked(brand, "next_period") == NEXT
    tell(brand, LATE)
    for _ in range(2):
        assert asked(brand, "returning") == RETURNING_LATE
        assert asked(brand, "next_period") == NEXT_LATE
        tell(brand, LATE + STORY)
    unknown = asked(brand, "next_period", as_of=at("05-01", "23:59"))
    assert (unknown["retained_buyers"], unknown["rate"]) == (None, None)


@golden(
    *("repurchase_cohort", "repurchase_curve", "cohort_buyers", "cohort_repeat_buyers"),
    *("mature_buyers", "immature_buyers"),
)
def test_cohort_and_its_curve(service: Service) -> None:
    brand = told(service, STORY)

    def curve(**params: str) -> dict[int, float]:
        found = brand.ask("/v1/metrics/repurchase", kind="cohort", **ASKED | params)
        return steps(found["curve"])

    young = {"as_of": at("04-08", "12:00")}
    assert asked(brand, "cohort") == COHORT
    assert asked(brand, "cohort", **young) == YOUNG
    assert curve() == curve(**young) == CURVE
    tell(brand, LATE)
    for _ in range(2):
        assert asked(brand, "cohort") == COHORT_LATE
        assert curve() == CURVE_LATE
        tell(brand, LATE + STORY)


def test_of_a_group(service: Service) -> None:
    brand = told(service, STORY)
    # Only ann's and bob's first purchases are credited to g1.
    expected = answer("window", (2, 1, 0.5), (2, 1, 0.5), (0, 0, None), None)
    assert asked(brand, "window", group_id="g1") == expected
    nobody = answer("window", (0, 0, None), (0, 0, None), (0, 0, None), None)
    assert asked(brand, "window", group_id="g2") == asked(brand, "window", note_id="n1") == nobody
