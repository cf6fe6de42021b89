"""Caveats: each where it applies, and not where it does not."""

from datetime import date, timedelta
from typing import Any

import pytest

from app.metrics.caveat import SENTENCES
from tests.make import Brand, Service
from tests.metrics.told import MARCH, at, event, told

MEMBERS = """
    01-01 10:00 member.joined group_id=g1 member_id=old
    03-10 10:00 member.joined group_id=g1 member_id=ann
    03-20 10:00 member.joined group_id=g2 member_id=bob
"""
ORDERS = """
    01-01 10:00 order.paid    order_id=o0 buyer_id=old amount=100
    03-03 10:00 order.paid    order_id=o1 buyer_id=ann amount=100
    03-12 10:00 order.paid    order_id=o2 buyer_id=ann amount=100
"""
PATHS: dict[str, dict[str, str]] = {
    "gmv-share": {},
    "repurchase": {},
    "funnel": {"by": "note"},
    "retention": {},
    "activity": {},
    "lives": {},
    "before-after": {"days": "7"},
}
EACH = pytest.mark.parametrize("path", PATHS)


def asked(brand: Brand, path: str, **params: Any) -> list[dict[str, Any]]:
    found = brand.ask(f"/v1/metrics/{path}", **MARCH | PATHS[path] | params)
    caveats: list[dict[str, Any]] = found["caveats"]
    codes = [each["code"] for each in caveats]
    assert codes == sorted(codes)
    assert all(each["detail"] and "{" not in each["detail"] for each in caveats)
    return caveats


def facts(brand: Brand, path: str, code: str, **params: Any) -> list[dict[str, Any]]:
    """The caveats of a code, without their sentences."""
    found = [each for each in asked(brand, path, **params) if each["code"] == code]
    return [{name: each[name] for name in each if name not in ("code", "detail")} for each in found]


@pytest.fixture(scope="module")
def brand(service: Service) -> Brand:
    return told(service, MEMBERS + ORDERS)


@EACH
def test_none(brand: Brand, path: str) -> None:
    assert asked(brand, path) == []


def test_both_languages_say_all() -> None:
    assert SENTENCES["zh-CN"].keys() == SENTENCES["en"].keys()


@EACH
def test_window_not_over(brand: Brand, path: str) -> None:
    code = "window_not_over"
    assert facts(brand, path, code, as_of=at("04-01")) == []
    (found,) = facts(brand, path, code, as_of=at("03-31", "23:59:59"))
    assert found == {"until": "2025-03-31T16:00:00Z"}


def test_the_following_window_is_not_over(brand: Brand) -> None:
    # 31 days follow March: they end with 1 May.
    asked_next = {"kind": "next_period", "as_of": at("05-01")}
    (found,) = facts(brand, "repurchase", "window_not_over", **asked_next)
    assert found == {"until": "2025-05-01T16:00:00Z"}
    assert (
        facts(brand, "repurchase", "window_not_over", **asked_next | {"as_of": at("05-02")}) == []
    )


def test_in_words(brand: Brand) -> None:
    early = {"as_of": at("03-31")}
    (found,) = asked(brand, "lives", **early)
    assert found["detail"] == "所问的时间要到 2025-04-01 00:00:00 才结束，在那以前数字还会变化。"
    (found,) = asked(brand, "lives", lang="en", **early)
    assert found["detail"].startswith("What is asked about is not over until 2025-04-01 00:00:00;")


def test_immature_cohort(service: Service) -> None:
    brand = told(service, MEMBERS + ORDERS.replace("buyer_id=old", "buyer_id=dan"))
    cohort = {"kind": "cohort", "start": "2025-01-01"}
    code = "immature_buyers"
    # Dan's and ann's 30 days are over on 31 January and 2 April at 10:00.
    assert facts(brand, "repurchase", code, **cohort, as_of=at("04-02", "10:00")) == []
    assert facts(brand, "repurchase", code, **cohort, as_of=at("04-02", "09:59")) == [{"count": 1}]
    assert facts(brand, "repurchase", code, start="2025-01-01", as_of=at("04-02", "09:59")) == []


def test_immature_joinings(brand: Brand) -> None:
    code = "immature_buyers"
    # Ann joined on 10 March, bob on the 20th at 10:00: 7 days are over on the 27th at 10:00.
    funnel = {"within_days": "7"}
    assert facts(brand, "funnel", code, **funnel, as_of=at("03-27", "10:00")) == []
    assert facts(brand, "funnel", code, **funnel, as_of=at("03-27", "09:59")) == [{"count": 1}]
    assert facts(brand, "funnel", code, as_of=at("04-01")) == [{"count": 2}]


def test_immature_memberships(brand: Brand) -> None:
    code, days = "immature_buyers", {"days": "1,7,30"}
    # Bob's day 30 is 19 April, over when the 20th begins.
    assert facts(brand, "retention", code, **days, as_of=at("04-20")) == []
    assert facts(brand, "retention", code, **days, as_of=at("04-19", "23:59")) == [{"days": [30]}]
    assert facts(brand, "retention", code, **days, as_of=at("03-25")) == [{"days": [7, 30]}]
    # Ann's, in g1, is 9 April.
    only = days | {"group_id": "g1", "as_of": at("04-10")}
    assert facts(brand, "retention", code, **only) == []
    assert facts(brand, "retention", code, **only | {"group_id": "g2"}) == [{"days": [30]}]
    assert facts(brand, "retention", code, **only | {"note_id": "n1", "group_id": "g2"}) == []


def test_immature_newcomers(service: Service) -> None:
    brand = told(
        service,
        MEMBERS
        + """
        03-22 10:00 member.joined group_id=g3 member_id=ann
        03-22 10:00 member.joined group_id=g3 member_id=old
        03-22 10:00 member.joined group_id=g3 member_id=bob
        """,
    )
    code = "immature_buyers"
    # Bob first joined on the 20th, ann on the 10th, old in January; g3 is nobody's first group.
    assert facts(brand, "before-after", code, as_of=at("03-27", "10:00")) == []
    assert facts(brand, "before-after", code, as_of=at("03-27", "09:59")) == [{"count": 1}]
    assert facts(brand, "before-after", code, as_of=at("03-16")) == [{"count": 1}]
    late = {"as_of": at("03-27", "09:59")}
    assert facts(brand, "before-after", code, group_id="g2", **late) == [{"count": 1}]
    assert facts(brand, "before-after", code, group_id="g3", **late) == []
    assert facts(brand, "before-after", code, start="2025-03-20", **late) == [{"count": 1}]
    assert facts(brand, "before-after", code, end="2025-03-20", **late) == []


def short(path: str, brand: Brand, **params: Any) -> dict[str, tuple[str, str]]:
    found = facts(brand, path, "short_history", **params)
    assert all(each.keys() == {"of", "since", "needed_from"} for each in found)
    return {each["of"]: (each["since"], each["needed_from"]) for each in found}


def test_short_history_of_orders(brand: Brand) -> None:
    first = "2025-01-01T02:00:00Z"
    returning: dict[str, Any] = {"kind": "returning", "start": "2025-02-01"}
    # The 31 days before February have begun with 1 January at 00:00; the first order came later.
    assert short("repurchase", brand, **returning) == {"orders": (first, "2024-12-03T16:00:00Z")}
    assert short("repurchase", brand, kind="returning", start="2025-03-01") == {}
    cohort: dict[str, Any] = {"kind": "cohort", "start": "2025-01-31"}
    assert short("repurchase", brand, **cohort) == {"orders": (first, "2024-12-31T16:00:00Z")}
    assert short("repurchase", brand, **cohort | {"start": "2025-02-01"}) == {}
    following: dict[str, Any] = {"kind": "next_period", "start": "2025-01-01"}
    assert short("repurchase", brand, **following)["orders"] == (first, "2024-12-31T16:00:00Z")
    assert short("repurchase", brand, **following | {"start": "2025-02-01"}) == {}
    # Nothing is counted before the first order, so nothing is wrong either.
    assert short("repurchase", brand, kind="cohort", start="2024-01-01", end="2024-02-01") == {}


def test_short_history_before_joining(service: Service, brand: Brand) -> None:
    # Ann joined on 10 March: 60 days before the window begin with 31 December.
    before = {"days": "60", "end": "2025-03-02", "as_of": at("06-01")}
    assert short("before-after", brand, **before) == {}
    before["end"] = "2025-03-11"
    assert short("before-after", brand, **before)["orders"][1] == "2024-12-30T16:00:00Z"
    assert short("before-after", brand, days="50", as_of=at("06-01")) == {}
    recent = told(service, MEMBERS.replace("01-01", "02-20") + ORDERS)
    assert short("before-after", recent) == {
        "memberships": ("2025-02-20T02:00:00Z", "2025-01-29T16:00:00Z")
    }


def test_short_history_of_memberships(service: Service, brand: Brand) -> None:
    recent = told(service, MEMBERS.replace("01-01", "03-05") + ORDERS)
    expected = {"memberships": ("2025-03-05T02:00:00Z", "2025-02-28T16:00:00Z")}
    for path in ("gmv-share", "repurchase"):
        assert short(path, recent) == expected
        assert short(path, recent, start="2025-03-06") == {}
        assert short(path, brand) == {}
    assert short("gmv-share", told(service, ORDERS)) == {}


THREE = """
    03-02 10:00 member.joined group_id={group} member_id=a
    03-02 10:00 member.joined group_id={group} member_id=b
    03-02 10:00 member.joined group_id={group} member_id=c
"""


def snapshot(group: str, day: str, *members: str) -> dict[str, Any]:
    made = event(f"{day} 10:00 group.snapshot group_id={group}")
    return made | {"data": {"group_id": group, "member_ids": list(members)}}


def test_suspect_snapshot(service: Service) -> None:
    groups = [THREE.format(group=group) for group in ("g3", "g4")]
    brand = told(service, "\n".join([MEMBERS, ORDERS, *groups]))
    code = "suspect_snapshot"
    brand.post([snapshot("g3", "03-25", "a", "b"), snapshot("g4", "03-25", "a", "b", "c")])
    brand.drain()
    assert all(facts(brand, path, code) == [] for path in PATHS)
    brand.post([snapshot("g3", "03-28"), snapshot("g4", "03-28", "a"), snapshot("g4", "03-29")])
    brand.drain()
    for path in PATHS:
        assert facts(brand, path, code) == [{"count": 3, "group_ids": ["g3", "g4"]}]
        assert facts(brand, path, code, as_of=at("03-28", "10:00")) == []
        assert facts(brand, path, code, end="2025-03-28") == []
    for path in ("activity", "retention", "before-after"):
        assert facts(brand, path, code, group_id="g3") == [{"count": 1, "group_ids": ["g3"]}]


def talk(group: str, first: date, days: int, each: int) -> list[dict[str, Any]]:
    """`each` messages at noon of each of these days."""
    dates = [first + timedelta(days=n) for n in range(days)]
    return [
        {
            "id": f"{group} {day} {n}",
            "type": "message.sent",
            "time": f"{day}T12:00:{n:02}+08:00",
            "data": {"message_id": f"{day} {n}", "group_id": group, "member_id": "ann"},
        }
        for day in dates
        for n in range(each)
    ]


def test_ingestion_gap(service: Service) -> None:
    brand = told(
        service,
        """
        01-01 10:00 member.joined group_id=busy  member_id=ann
        01-01 10:00 member.joined group_id=calm  member_id=ann
        01-01 10:00 member.joined group_id=ended member_id=ann
        03-15 20:00 member.left   group_id=ended member_id=ann
        """,
    )
    # All talk until 15 March; busy goes on from the 18th, calm has one message a day too few.
    first = date(2025, 2, 1)
    for group, each in (("busy", 20), ("calm", 19), ("ended", 20)):
        brand.post(talk(group, first, 43, each))
    brand.post(talk("busy", date(2025, 3, 18), 14, 1))
    brand.drain()
    code = "ingestion_gap"
    gaps = [{"group_id": "busy", "day": f"2025-03-{day}"} for day in (16, 17)]
    for path in ("activity", "funnel", "retention"):
        assert facts(brand, path, code) == [{"count": 2, "gaps": gaps}]
        assert facts(brand, path, code, start="2025-03-18") == []
        assert facts(brand, path, code, as_of=at("03-17", "23:59")) == [
            {"count": 1, "gaps": gaps[:1]}
        ]
        # A window of more than 92 days is not looked through.
        assert facts(brand, path, code, start="2024-12-30", end="2025-04-01") == [
            {"count": 2, "gaps": gaps}
        ]
        assert facts(brand, path, code, start="2024-12-29", end="2025-04-01") == []
    assert facts(brand, "activity", code, group_id="calm") == []
    assert facts(brand, "gmv-share", code) == []


def test_a_group_that_stays_silent_is_reported_for_two_weeks(service: Service) -> None:
    brand = told(service, "01-01 10:00 member.joined group_id=busy member_id=ann")
    brand.post(talk("busy", date(2025, 2, 1), 28, 20))
    brand.drain()
    (found,) = facts(brand, "activity", "ingestion_gap")
    # On 14 March 15 of the 28 days before had 20 messages; on the 15th only 14 had.
    assert found["count"] == 14
    assert found["gaps"] == [{"group_id": "busy", "day": f"2025-03-0{day}"} for day in range(1, 6)]


@EACH
def test_dead_letters_pending(service: Service, path: str) -> None:
    brand = told(service, MEMBERS + ORDERS)
    with brand.client as client:
        wrong = event("03-03 10:00 order.paid order_id=o9 buyer_id=ann amount=-5")
        assert client.post("/v1/events", json=[wrong]).status_code == 422
        assert facts(brand, path, "dead_letters_pending") == [{"count": 1}]
        (letter,) = client.get("/v1/dead-letters").json()["items"]
        right = event("03-03 10:00 order.paid order_id=o9 buyer_id=ann amount=5")
        done = client.post(f"/v1/dead-letters/{letter['id']}/retry", json={"event": right})
        assert done.status_code == 202, done.text
    brand.drain()
    assert facts(brand, path, "dead_letters_pending") == []


def test_low_match_rate(service: Service) -> None:
    brand = told(service, MEMBERS)
    orders = [
        f"03-{day:02} 12:00 order.paid order_id=o{day} buyer_id={buyer} amount=1"
        for day, buyer in enumerate(["ann", "x"] * 10, 1)
    ]
    code = "low_match_rate"
    paths = ("gmv-share", "repurchase", "funnel", "before-after")
    brand.post([event(line) for line in orders])
    brand.drain()
    # Ann paid ten of twenty: half is enough. Then it is ten of twenty-one.
    assert all(facts(brand, path, code) == [] for path in PATHS)
    brand.post([event("03-21 12:00 order.paid order_id=o21 buyer_id=y amount=1")])
    brand.drain()
    for path in paths:
        assert facts(brand, path, code) == [{"orders": 21, "rate": 0.47619}]
        # Nine of nineteen: too few to tell.
        assert facts(brand, path, code, start="2025-03-03") == []
    assert all(facts(brand, path, code) == [] for path in PATHS if path not in paths)
