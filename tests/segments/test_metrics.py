"""Questions of a segment's customers, and of everybody else, worked out by hand.

Of the story of tests/metrics/test_repurchase.py; the segment are those in a group: ann and bob.
"""

import time
from typing import Any

import pytest

from tests.make import Brand, Service
from tests.metrics.golden import golden
from tests.metrics.test_repurchase import ASKED, COHORT, FIELDS, NEXT, RETURNING, STORY, WINDOW
from tests.metrics.told import MARCH, told

MEMBERS = {"memberships": {"state": "now"}}
TALK = """
    02-02 10:00 message.sent   group_id=g1 message_id=m1 member_id=ann
    03-03 10:00 member.joined  group_id=g2 member_id=eve
    03-04 10:00 message.sent   group_id=g2 message_id=m2 member_id=eve
    03-05 10:00 member.left    group_id=g2 member_id=eve
    03-25 10:00 order.refunded order_id=a2 refund_id=r1 amount=400
    06-01 10:00 message.sent   group_id=g1 message_id=m3 member_id=eve
"""
LATER = "2025-07-01T00:00:00+08:00"
"""All that is told has happened by then: other statements answer than of an earlier instant."""


def save(brand: Brand, rule: dict[str, Any], name: str = "老客") -> str:
    """Save a segment and wait until its members are counted."""
    with brand.client as client:
        made = client.post("/v1/segments", json={"name": name, "rule": rule})
        assert made.status_code == 201, made.text
    segment_id: str = made.json()["segment_id"]
    settled(brand, segment_id)
    return segment_id


def settled(brand: Brand, segment_id: str) -> dict[str, Any]:
    """The segment, once nothing is known that its members do not tell of."""
    until = time.monotonic() + 120
    while True:
        found: dict[str, Any] = brand.ask(f"/v1/segments/{segment_id}")
        if found["is_current"]:
            return found
        assert time.monotonic() < until, found
        time.sleep(0.05)


@pytest.fixture(scope="module")
def world(service: Service) -> tuple[Brand, str]:
    brand = told(service, STORY + TALK)
    return brand, save(brand, MEMBERS)


def both(
    world: tuple[Brand, str], path: str, **params: Any
) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    """The answers for the segment, for everybody else and for all."""
    brand, segment_id = world

    def ask(**more: str) -> dict[str, Any]:
        found: dict[str, Any] = brand.ask(f"/v1/metrics/{path}", **MARCH | params | more)
        return found

    return ask(segment_id=segment_id), ask(segment_id=segment_id, segment="out"), ask()


def test_the_answer_says_whom_it_is_about(world: tuple[Brand, str]) -> None:
    inside, outside, everybody = both(world, "repurchase")
    assert "segment" not in everybody
    said = {"segment_id": world[1], "name": "老客", "members": 2}
    for found, side in ((inside, "in"), (outside, "out")):
        assert found["segment"].pop("refreshed_at").endswith("Z")
        assert found["segment"] == said | {"side": side}


@golden("repurchase_window", "returning_rate", "next_period_rate", "repurchase_cohort")
@pytest.mark.parametrize("as_of", [ASKED["as_of"], LATER])
def test_repurchase(world: tuple[Brand, str], as_of: str) -> None:
    # Ann's and bob's anchors lie in a group, cat's and dan's do not: what test_repurchase works
    # out by segment is, of this world, what the members and everybody else do.
    for kind, answer in (
        ("window", WINDOW),
        ("returning", RETURNING),
        ("next_period", NEXT),
        ("cohort", COHORT),
    ):
        inside, outside, _ = both(world, "repurchase", kind=kind, as_of=as_of)
        for found, side in ((inside, "group"), (outside, "non_group")):
            expected = answer["by_segment"][side]
            assert {name: found[name] for name in FIELDS[kind]} == expected, (kind, side)


@golden("gmv_share_touch", "gmv_share_member")
def test_gmv_share(world: tuple[Brand, str]) -> None:
    # In March ann paid 1000 twice and bob 1000 twice; cat 1000 and dan 1000 twice.
    for basis, of_members, of_others in (
        ("gross", 4000, 3000),
        ("net", 3600, 3000),
        ("net_ledger", 3600, 3000),
    ):
        inside, outside, everybody = both(world, "gmv-share", basis=basis, bucket="week")
        assert inside["total"] == {"orders": 4, "gmv": of_members}
        assert outside["total"] == {"orders": 3, "gmv": of_others}
        assert everybody["total"] == {"orders": 7, "gmv": of_members + of_others}
        assert (inside["share"]["member"], outside["share"]["member"]) == (1.0, 0.0)
        assert inside["match"] == {"orders": 4, "matched_orders": 4, "rate": 1.0}
        for row, one, other in zip(
            everybody["series"], inside["series"], outside["series"], strict=True
        ):
            assert row["total"]["gmv"] == one["total"]["gmv"] + other["total"]["gmv"]
        assert [each["group_id"] for each in inside["groups"]] == ["g1"]
        assert outside["groups"] == []


@golden("funnel")
@pytest.mark.parametrize("as_of", [MARCH["as_of"], LATER])
def test_funnel(world: tuple[Brand, str], as_of: str) -> None:
    start = {"start": "2025-02-01", "by": "group", "as_of": as_of}
    inside, outside, everybody = both(world, "funnel", **start)
    (one,) = inside["rows"]
    assert (one["key"], one["joins"], one["speakers"], one["credited_orders"]) == ("g1", 2, 1, 4)
    assert (one["credited_gmv"], one["credited_net_gmv"]) == (4000, 3600)
    # Both bought within 30 days of joining: ann on 2 March, bob on the 5th is day 32.
    assert (one["buyers"], one["repeat_buyers"], one["left"]) == (1, 0, 0)
    assert [(row["key"], row["joins"], row["left"]) for row in outside["rows"]] == [
        ("g2", 1, 1),
        (None, 0, 0),
    ]
    for column in ("joins", "joined_customers", "buyers", "credited_orders", "credited_gmv"):
        sums = [sum(row[column] for row in found["rows"]) for found in (inside, outside)]
        assert sum(sums) == sum(row[column] for row in everybody["rows"]), column
    # By any key the sides add up to what is asked of all.
    for by in ("note", "creator", "mcn", "live", "source_kind"):
        found = both(world, "funnel", **start | {"by": by})
        for column in ("joins", "credited_orders", "credited_net_gmv"):
            one, other, total = (sum(row[column] for row in each["rows"]) for each in found)
            assert one + other == total, (by, column)


@golden("retention_stay", "retention_speak")
@pytest.mark.parametrize("as_of", [MARCH["as_of"], LATER])
def test_retention(world: tuple[Brand, str], as_of: str) -> None:
    asked = {"start": "2025-02-01", "days": "1,2", "as_of": as_of}
    for kind, of_members, of_others in (
        ("stay", [(2, 2), (2, 2)], [(1, 1), (1, 0)]),
        ("speak", [(2, 1), (2, 0)], [(1, 1), (1, 0)]),
    ):
        inside, outside, _ = both(world, "retention", kind=kind, **asked)
        for found, expected in ((inside, of_members), (outside, of_others)):
            assert [(row["mature"], row["retained"]) for row in found["rows"]] == expected, kind


@golden("before_after_gmv")
@pytest.mark.parametrize("days", ["30", "91"])
def test_before_after(world: tuple[Brand, str], days: str) -> None:
    asked = {"start": "2025-02-01", "days": days, "as_of": "2025-06-10T00:00:00+08:00"}
    inside, outside, everybody = both(world, "before-after", **asked)
    assert (inside["customers"], outside["customers"], everybody["customers"]) == (2, 1, 3)
    # Ann alone within 30 days (a1); within 91 also bob's two and all of ann's.
    gmv = {"30": 1000, "91": 5000}[days]
    assert (inside["after"]["gmv"], outside["after"]["gmv"]) == (gmv, 0)


def test_of_no_segment_the_answer_is_empty(world: tuple[Brand, str], service: Service) -> None:
    other = save(service.brand(), MEMBERS)
    for segment_id in ("seg_aaaaaaaaaaaa", other, "%", "'"):
        for side in ("in", "out"):
            found = world[0].ask(
                "/v1/metrics/gmv-share", **MARCH, segment_id=segment_id, segment=side
            )
            assert found["total"] == {"orders": 0, "gmv": 0}
            assert found["segment"]["name"] is None
    with world[0].client as client:
        answer = client.get("/v1/metrics/funnel", params=MARCH | {"by": "note", "segment": "all"})
    assert answer.status_code == 400


def test_csv_and_tag(world: tuple[Brand, str]) -> None:
    brand, segment_id = world
    asked = MARCH | {"segment_id": segment_id}
    with brand.client as client:
        first = client.get("/v1/metrics/repurchase", params=asked)
        tag = first.headers["etag"]
        again = client.get("/v1/metrics/repurchase", params=asked, headers={"if-none-match": tag})
        others = client.get(
            "/v1/metrics/repurchase",
            params=asked | {"segment": "out"},
            headers={"if-none-match": tag},
        )
        csv = client.get("/v1/metrics/repurchase", params=asked, headers={"accept": "text/csv"})
    assert (again.status_code, others.status_code) == (304, 200)
    assert csv.text.splitlines()[1].startswith("all,2,1,0.5")
