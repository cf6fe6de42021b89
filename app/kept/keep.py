"""Keeping: each closed period is counted once, and again when it goes stale.

Which periods are missing follows from what is there, so nothing is lost by an outage, and the
numbers are the same whatever the order of events or the number of workers.
"""

import asyncio
import time
from datetime import date, datetime, timedelta
from typing import Any

import msgspec
import structlog
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from app.core import schedule
from app.core.clock import day_start
from app.core.db import transaction
from app.core.sql import sql
from app.crm import brands
from app.derive.stale import Cause
from app.kept.periods import Count, all_due
from app.kept.series import SERIES, count_series
from app.kept.watch import watch
from app.metrics.question import RULE_VERSION

JOB = "keep"

SETTLE = timedelta(minutes=1)
"""How long a stale period must have been left alone, so that one load makes one revision."""

PATIENCE = timedelta(hours=1)
"""How long a stale period waits for that at most."""

STEP_SECONDS = 0.5
"""How long one transaction goes on taking periods."""

log = structlog.get_logger()


class Mark(msgspec.Struct, frozen=True):
    """Why a count is stale; `touched_at` tells whether it was touched again meanwhile."""

    cause: list[Cause]
    touched_at: datetime
    settled: bool


class Step(msgspec.Struct, frozen=True):
    """What one transaction did: counts made, numbers that moved, counts left to make."""

    counted: int
    moved: int
    left: int


async def due(pool: AsyncEngine) -> list[int]:
    """The brands that have something to keep, the longest overdue first."""
    async with transaction(pool) as connection:
        await schedule.enter(connection, JOB)
        rows = await connection.execute(
            sql("kept", "due"),
            {"settle": SETTLE.total_seconds(), "patience": PATIENCE.total_seconds()},
        )
        return [row.brand_id for row in rows]


async def keep(
    pool: AsyncEngine,
    brand_id: int,
    now: datetime,
    *,
    rule_version: int = RULE_VERSION,
    settle: timedelta = SETTLE,
    rest: int = 0,
    seconds: int | None = None,
) -> int:
    """Keep all that is final at `now`, oldest first, in small transactions; gives how many counts.

    rest: for how many times as long as it worked it then leaves the database to others.
    seconds: after how many of them it stops; what is left is due still.
    A brand that another worker keeps is left to that one.
    """
    await _let_derivations_end(pool, brand_id, now)
    total = moved = 0
    until = None if seconds is None else time.monotonic() + seconds
    while until is None or time.monotonic() < until:
        began = time.monotonic()
        async with transaction(pool, brand_id) as connection:
            step = await keep_some(connection, brand_id, now, rule_version, settle)
        if step is None:
            break
        total, moved = total + step.counted, moved + step.moved
        if not step.left:
            break
        log.info("keeping", brand_id=brand_id, counted=total, left=step.left)
        await asyncio.sleep((time.monotonic() - began) * rest)
    if total:
        log.info("kept", brand_id=brand_id, counted=total, moved=moved)
    return total


async def _let_derivations_end(pool: AsyncEngine, brand_id: int, now: datetime) -> None:
    """Wait for a derivation that began before a day was over, and so did not mark that day.

    Each has the brand's lease locked from its beginning; the next sees the day over.
    """
    async with transaction(pool, brand_id) as connection:
        await connection.execute(
            text(
                "SELECT FROM work_lease WHERE brand_id = :brand AND NOT EXISTS ("
                "  SELECT FROM schedule"
                "  WHERE brand_id = :brand AND job = :job AND next_due_at > :now) FOR UPDATE"
            ),
            {"brand": brand_id, "job": JOB, "now": now},
        )


async def keep_some(
    connection: AsyncConnection,
    brand_id: int,
    now: datetime,
    rule_version: int,
    settle: timedelta,
) -> Step | None:
    """Make some of the counts that are missing or stale; None where another worker is at it."""
    turn = await schedule.hold(connection, brand_id, JOB)
    brand = await brands.find(connection, brand_id)
    if turn is None or brand is None:
        return None
    series = {"brand": brand_id, "timezone": brand.timezone, "rule_version": rule_version}
    if turn.timezone not in (None, brand.timezone):
        given = series | {"cohort": list(SERIES["cohort"]), "now": now}
        await connection.execute(sql("kept", "stale_again"), given)
        await schedule.put(connection, brand_id, JOB, turn.next_due_at, brand.timezone)
    held = await _held(connection, series)
    marks = await _marks(connection, brand_id, settle)
    missing = [
        count
        for count in await _due(connection, brand, now)
        if count not in held and (count not in marks or marks[count].settled)
    ]
    stale = [count for count, mark in marks.items() if mark.settled and count in held]
    todo = sorted(missing + stale, key=lambda count: (count.end, count.grain, count.reach))
    until = time.monotonic() + STEP_SECONDS
    done = moved = 0
    for count in todo:
        moved += await _count(connection, brand, count, marks.get(count), now, series)
        done += 1
        if time.monotonic() > until:
            break
    left = set(todo[done:])
    await _unmark(
        connection,
        brand_id,
        # What is not final yet will be counted anew anyway.
        {count: mark for count, mark in marks.items() if mark.settled and count not in left},
    )
    if not left:
        tomorrow = now.astimezone(brand.zone).date() + timedelta(days=1)
        await schedule.put(
            connection, brand_id, JOB, day_start(brand.zone, tomorrow), brand.timezone
        )
    return Step(done, moved, len(left))


async def _held(connection: AsyncConnection, series: dict[str, Any]) -> set[Count]:
    rows = await connection.execute(
        sql("kept", "held"), series | {reach: list(names) for reach, names in SERIES.items()}
    )
    held = set()
    for row in rows:
        if row.of_day == len(SERIES["day"]):
            held.add(Count(row.grain, row.start, "day"))
        if row.of_cohort == len(SERIES["cohort"]):
            held.add(Count(row.grain, row.start, "cohort"))
    return held


async def _marks(
    connection: AsyncConnection, brand_id: int, settle: timedelta
) -> dict[Count, Mark]:
    rows = await connection.execute(
        sql("kept", "stale"),
        {
            "brand": brand_id,
            "settle": settle.total_seconds(),
            "patience": PATIENCE.total_seconds(),
        },
    )
    return {
        Count(row.grain, row.start, row.reach): Mark(row.cause, row.touched_at, row.settled)
        for row in rows
    }


async def _due(connection: AsyncConnection, brand: brands.Brand, now: datetime) -> list[Count]:
    first = await connection.scalar(
        text("SELECT min(paid_at) FROM order_credit WHERE brand_id = :brand"),
        {"brand": brand.brand_id},
    )
    if first is None:
        return []
    day: date = first.astimezone(brand.zone).date()
    return list(all_due(day, now, brand.zone))


async def _count(
    connection: AsyncConnection,
    brand: brands.Brand,
    count: Count,
    mark: Mark | None,
    now: datetime,
    series: dict[str, Any],
) -> int:
    """Count and write one; gives how many numbers that were kept before moved."""
    numbers = await count_series(connection, brand, count)
    written = await connection.execute(
        sql("kept", "put"),
        series
        | {
            "grain": count.grain,
            "start": count.start,
            "as_of": count.as_of(brand.zone),
            "kept_at": now,
            "cause": msgspec.json.encode(mark.cause if mark else []).decode(),
            "series": list(numbers),
            "values": [number.value for number in numbers.values()],
            "numerators": [number.numerator for number in numbers.values()],
            "denominators": [number.denominator for number in numbers.values()],
        },
    )
    revisions = {row.series: row.revision for row in written}
    await watch(connection, brand, count, revisions, now, series)
    return sum(revision > 1 for revision in revisions.values())


async def _unmark(connection: AsyncConnection, brand_id: int, marks: dict[Count, Mark]) -> None:
    """Take marks off the queue, but for those that were touched again meanwhile."""
    if marks:
        await connection.execute(
            sql("kept", "unmark"),
            {
                "brand": brand_id,
                "grains": [count.grain for count in marks],
                "starts": [count.start for count in marks],
                "reaches": [count.reach for count in marks],
                "touched": [mark.touched_at for mark in marks.values()],
            },
        )
