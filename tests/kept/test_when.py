"""When numbers are kept: from the end of their period on, once, whatever happens in between."""

import asyncio
import random
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

import app.kept.keep
from app.core.clock import day_start
from app.core.db import transaction
from app.crm.brands import Brand as Settings
from app.derive.stale import Touched, touch
from app.kept.keep import keep
from app.kept.periods import Count, all_due
from app.kept.series import Number, count_series
from tests.kept.keeper import AT_ONCE, Keeper, everything, history, kept, moved
from tests.kept.test_numbers import JUNE, LATE, WORLD
from tests.make import Brand
from tests.metrics.told import event, events
from tests.stack import Stack

ORDER = "03-03 12:00 order.paid order_id=o1 buyer_id=ann amount=100"
DAY = "2025-03-03"


def starts(brand: Brand, grain: str, series: str) -> list[str]:
    return [row["start"] for row in history(brand, grain, series=series)]


def told(keeper: Keeper, lines: str, **settings: Any) -> Brand:
    brand = keeper.web.brand(**settings)
    keeper.tell(brand, lines)
    return brand


def test_from_the_end_of_the_period_on(keeper: Keeper) -> None:
    brand = told(keeper, ORDER)
    assert keeper.keep(brand, "2025-03-03T23:59:59+08:00") == 0
    assert keeper.keep(brand, "2025-03-04T00:00:00+08:00") == 1
    assert starts(brand, "day", "repurchase_window") == [DAY]
    assert starts(brand, "day", "repurchase_cohort") == []
    assert starts(brand, "week", "repurchase_window") == []
    keeper.keep(brand, "2025-03-10T00:00:00+08:00")
    assert starts(brand, "week", "repurchase_window") == [DAY]
    assert starts(brand, "month", "repurchase_window") == []


@pytest.mark.parametrize(("grain", "start"), [("day", DAY), ("week", DAY), ("month", "2025-03-01")])
def test_cohorts_from_thirty_days_after_it_on(keeper: Keeper, grain: Any, start: str) -> None:
    brand = told(keeper, ORDER)
    as_of = Count(grain, date.fromisoformat(start), "cohort").as_of(ZoneInfo("Asia/Shanghai"))
    end = {"day": "2025-03-04", "week": "2025-03-10", "month": "2025-04-01"}[grain]
    assert as_of == datetime.fromisoformat(f"{end}T00:00+08:00") + timedelta(days=30)
    keeper.keep(brand, (as_of - timedelta(microseconds=1)).isoformat())
    assert start not in starts(brand, grain, "repurchase_cohort")
    keeper.keep(brand, as_of.isoformat())
    assert start in starts(brand, grain, "repurchase_cohort")
    (row,) = history(brand, grain, series="repurchase_cohort", start=start, end=end)
    assert datetime.fromisoformat(row["as_of"]) == as_of


def test_a_new_rule_makes_a_new_series(keeper: Keeper) -> None:
    brand = told(keeper, WORLD)
    keeper.keep(brand, JUNE)
    before = everything(brand)
    assert keeper.keep(brand, JUNE, rule_version=2) > 0
    assert len(history(brand, rule_version=2)) == len(history(brand))
    keeper.tell(brand, LATE["an order"][0])
    keeper.keep(brand, JUNE, rule_version=2)
    assert everything(brand) == before, "what was counted by the old rule stays"
    new = {row["series"]: row for row in history(brand, rule_version=2, end="2025-04-01")}
    assert new["group_share_touch_gross"]["revision"] == 2
    assert new["group_share_touch_gross"]["denominator"] == 900


def test_two_workers_at_once_keep_once(keeper: Keeper, monkeypatch: pytest.MonkeyPatch) -> None:
    brand, alone = told(keeper, WORLD), told(keeper, WORLD)
    monkeypatch.setattr(app.kept.keep, "STEP_SECONDS", 0.01)
    now = datetime.fromisoformat(JUNE)

    async def both(pool: AsyncEngine) -> list[int]:
        async def one() -> int:
            total = 0
            for _ in range(20):
                total += await keep(pool, brand.brand_id, now, settle=AT_ONCE)
                await asyncio.sleep(0.01)
            return total

        return list(await asyncio.gather(one(), one(), one()))

    counted = keeper.run(both)
    assert sum(counted) == keeper.keep(alone, JUNE)
    assert everything(brand) == everything(alone)
    assert moved(brand) == {}


def test_after_an_outage_all_is_caught_up(keeper: Keeper) -> None:
    brand, always = told(keeper, WORLD), told(keeper, WORLD)
    keeper.keep(brand, "2025-03-15T03:00:00+08:00")
    for day in range(1, 19):
        keeper.keep(always, f"2025-03-{day:02}T03:00:00+08:00")
    keeper.keep(brand, "2025-03-18T03:00:00+08:00")
    assert "2025-03-17" in starts(brand, "day", "repurchase_window")
    assert everything(brand) == everything(always)
    assert moved(brand) == moved(always) == {}


def test_a_worker_does_it_by_itself(keeper: Keeper, stack: Stack) -> None:
    """And nobody kept anything in the three days before it started."""
    brand = keeper.web.brand(timezone="UTC")
    (row,) = keeper.web.sql("SELECT CAST(now() AT TIME ZONE 'UTC' AS date) AS today")
    days = [(row.today - timedelta(days=n)).isoformat() for n in (3, 2, 1)]
    keeper.tell(
        brand,
        [event(ORDER) | {"id": day, "time": f"{day}T12:00:00Z"} for day in days],
    )
    given = {"b": brand.brand_id}
    keeper.web.sql(
        "UPDATE stale_period SET touched_at = touched_at - interval '2 minutes'"
        " WHERE brand_id = :b",
        **given,
    )
    # The brands of other tests are none of its business.
    keeper.web.sql("UPDATE schedule SET next_due_at = 'infinity' WHERE brand_id <> :b", **given)
    worker = stack.worker()
    try:
        for _ in range(200):
            found = starts(brand, "day", "repurchase_window")
            if len(found) == 3:
                break
            asyncio.run(asyncio.sleep(0.1))
        assert found == days
    finally:
        worker.terminate()
        worker.wait(20)


@pytest.mark.parametrize("seed", range(3))
def test_any_order_gives_the_same_numbers(keeper: Keeper, seed: int) -> None:
    """And keeping in the middle of it only adds revisions."""
    lines = [*WORLD.strip().splitlines(), *(line for line, _ in LATE.values())]
    one = told(keeper, "\n".join(lines))
    keeper.keep(one, JUNE)
    other = keeper.web.brand()
    shuffled = events("\n".join(lines))
    random.Random(seed).shuffle(shuffled)
    while shuffled:
        keeper.tell(other, [shuffled.pop() for _ in range(min(3, len(shuffled)))])
        keeper.keep(other, JUNE)
    expected, found = everything(one), everything(other)
    assert {key: found[key] for key in expected} == expected


def test_orders_of_today_mark_nothing(keeper: Keeper) -> None:
    brand = keeper.web.brand(timezone="UTC")
    (row,) = keeper.web.sql("SELECT date_trunc('day', now()) AS began, now() AS now")
    paid = event(ORDER) | {"time": row.began.isoformat()}
    back = event("03-03 12:00 order.refunded order_id=o1 refund_id=r1 amount=100")
    keeper.tell(brand, [paid, back | {"time": row.now.isoformat()}])
    assert stale(keeper, brand) == []
    # A refund of today concerns no closed day, though its order is an old one.
    old = event(ORDER.replace("o1", "o2"))
    keeper.tell(brand, [old])
    keeper.keep(brand, row.now.isoformat())
    assert stale(keeper, brand) == []
    back = event("03-03 12:00 order.refunded order_id=o2 refund_id=r1 amount=100")
    keeper.tell(brand, [back | {"time": row.now.isoformat()}])
    assert stale(keeper, brand) == []


def stale(keeper: Keeper, brand: Brand) -> list[Any]:
    return keeper.web.sql("SELECT * FROM stale_period WHERE brand_id = :b", b=brand.brand_id)


def test_what_is_touched_while_it_is_counted_is_counted_again(
    keeper: Keeper, monkeypatch: pytest.MonkeyPatch
) -> None:
    brand = told(keeper, ORDER)
    keeper.keep(brand, JUNE)
    keeper.tell(brand, "03-03 13:00 order.paid order_id=o2 buyer_id=ann amount=50")
    before = len(stale(keeper, brand))

    def meddle(pool: AsyncEngine) -> Any:
        async def counting(
            connection: AsyncConnection, settings: Settings, count: Count
        ) -> dict[str, Number]:
            async with transaction(pool) as other:
                cause = [{"type": "order.paid", "id": "later"}]
                touched = Touched(count.start, count.reach, cause)
                await touch(other, brand.brand_id, [touched])
            return await count_series(connection, settings, count)

        monkeypatch.setattr(app.kept.keep, "count_series", counting)
        return app.kept.keep.keep(
            pool, brand.brand_id, datetime.fromisoformat(JUNE), settle=AT_ONCE
        )

    keeper.run(meddle)
    monkeypatch.undo()
    left = stale(keeper, brand)
    assert len(left) >= before > 0
    assert all("later" in str(row.cause) for row in left)
    assert keeper.keep(brand, JUNE) > 0
    assert stale(keeper, brand) == []


def test_it_waits_until_a_load_is_over(keeper: Keeper) -> None:
    brand = told(keeper, ORDER)
    now = datetime.fromisoformat(JUNE)
    assert keeper.run(lambda pool: keep(pool, brand.brand_id, now)) > 0, "other days"
    assert DAY not in starts(brand, "day", "repurchase_window")
    keeper.web.sql(
        "UPDATE stale_period SET since = since - interval '2 hours' WHERE brand_id = :b",
        b=brand.brand_id,
    )
    keeper.run(lambda pool: keep(pool, brand.brand_id, now))
    assert DAY in starts(brand, "day", "repurchase_window")


# ---- time zones ----


@pytest.mark.parametrize(
    ("zone", "day", "inside", "outside"),
    [
        # Clocks are set back: a day of 25 hours.
        ("America/New_York", "2025-11-02", "2025-11-03T04:59:59Z", "2025-11-03T05:00:00Z"),
        # And forward.
        ("America/New_York", "2025-03-09", "2025-03-10T03:59:59Z", "2025-03-10T04:00:00Z"),
        # Over midnight: the day begins twice, and its first beginning counts.
        ("America/Havana", "2025-11-02", "2025-11-02T04:30:00Z", "2025-11-02T03:59:59Z"),
    ],
)
def test_days_of_other_lengths(
    keeper: Keeper, zone: str, day: str, inside: str, outside: str
) -> None:
    brand = keeper.web.brand(timezone=zone)
    keeper.tell(
        brand,
        [
            event(ORDER) | {"id": "in", "time": inside},
            event(ORDER.replace("o1", "o2")) | {"id": "out", "time": outside},
        ],
    )
    keeper.keep(brand, "2026-03-01T00:00:00Z")
    assert kept(brand, "day", day)["group_share_touch_gross"] == (0.0, 0, 100)
    assert kept(brand, "month", f"{day[:7]}-01")["group_share_touch_gross"] == (
        0.0,
        0,
        200 if outside[:7] == day[:7] and not outside.startswith(f"{day[:7]}-01") else 100,
    )


@pytest.mark.parametrize(
    ("end", "hours"), [("2025-10-15", 1), ("2025-02-20", 23), ("2025-06-01", 0)]
)
def test_cohorts_where_clocks_change_are_final_at_midnight(end: str, hours: int) -> None:
    zone = ZoneInfo("America/New_York")
    count = Count("day", date.fromisoformat(end) - timedelta(days=1), "cohort")
    as_of = count.as_of(zone)
    assert as_of == day_start(zone, count.end) + timedelta(hours=720)
    assert count.due_at(zone) - as_of == timedelta(hours=hours)
    due = count.due_at(zone)
    assert count in set(all_due(count.start, due, zone))
    assert count not in set(all_due(count.start, due - timedelta(microseconds=1), zone))


def test_another_time_zone_has_its_own_series(keeper: Keeper) -> None:
    brand = told(keeper, WORLD)
    keeper.keep(brand, JUNE)
    shanghai = everything(brand)

    def move(zone: str) -> None:
        with brand.client as client:
            assert client.patch("/v1/brand", json={"timezone": zone}).status_code == 200
        keeper.work()
        keeper.keep(brand, JUNE)

    move("America/Los_Angeles")
    there = everything(brand)
    # Noon in Shanghai is the evening before there.
    assert there["day", "group_share_touch_gross", "2025-03-02"] == (1.0, 100, 100)
    assert ("day", "group_share_touch_gross", "2025-05-31") not in there
    assert moved(brand) == {}
    keeper.tell(brand, LATE["an order"][0])
    move("Asia/Shanghai")
    assert moved(brand) == LATE["an order"][1]
    assert set(everything(brand)) == set(shanghai)
    rows = history(brand, revisions=True, end="2025-04-01", series="group_share_touch_gross")
    assert {"type": "settings"} in rows[0]["revisions"][0]["cause"]
