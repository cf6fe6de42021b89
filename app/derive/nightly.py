"""The nightly check: a sample of derived rows and sums is compared with what the facts say.

The sample is another one each night; who was found wrong is looked at again until all is well.
"""

from datetime import datetime, timedelta

import structlog
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from app.core import schedule
from app.core.clock import day_start
from app.core.db import session, transaction
from app.core.sql import sql
from app.core.zone import zone_of
from app.derive.verify import Report, Sample, SettingsPending, verify
from app.telemetry.numbers import VERIFY_DIFFERENCES

JOB = "verify"
HOUR = 3
"""When at night, in the brand's time zone."""

MOST_CUSTOMERS = 2_000
MOST_SUMS = 100
LINES = 5
RETRY = timedelta(minutes=15)
"""When somebody else tries, if the worker that has begun does not end."""

FEW_BRANDS = 50
"""Up to so many brands are each checked every night, more of them once a week."""

log = structlog.get_logger()


async def due(pool: AsyncEngine) -> list[int]:
    """The brands whose check is due, the longest overdue first."""
    async with transaction(pool) as connection:
        await schedule.enter(connection, JOB)
        return await schedule.due(connection, JOB)


async def check(pool: AsyncEngine, brand_id: int, now: datetime) -> Report | None:
    """Check a brand, where that is due and nobody else is at it, and record what was found."""
    async with transaction(pool, brand_id) as connection:
        turn = await schedule.hold(connection, brand_id, JOB)
        if turn is None or turn.next_due_at > now:
            return None
        zone = await zone_of(connection, brand_id)
        await schedule.put(connection, brand_id, JOB, now + RETRY, turn.timezone)
        sample = await _sample(connection, brand_id, now)
        brands = await connection.scalar(text("SELECT count(*) FROM work_lease"))
    try:
        report = await compared(pool, brand_id, sample)
    except SettingsPending:
        return None
    nights = 1 if (brands or 0) <= FEW_BRANDS else 7
    if turn.timezone is None:
        nights = brand_id % nights + 1
    night = now.astimezone(zone).date() + timedelta(days=nights)
    async with transaction(pool, brand_id) as connection:
        await _record(connection, brand_id, now, report)
        await schedule.put(
            connection, brand_id, JOB, day_start(zone, night) + timedelta(hours=HOUR), zone.key
        )
    if report.differences:
        VERIFY_DIFFERENCES.inc(report.differences)
        log.error(
            "verify_differences",
            brand_id=brand_id,
            differences=report.differences,
            first=[each.sentence() for each in report.first[:LINES]],
        )
    return report


async def compared(pool: AsyncEngine, brand_id: int, sample: Sample) -> Report:
    """Compare a sample; what is pending is no difference, and a live system neither.

    Raises:
        SettingsPending: where a change of settings is under way.
    """
    async with session(pool, brand_id) as connection:
        report = await verify(connection, brand_id, lambda what, done, total: None, sample)
        await connection.rollback()
    return report


async def changing(connection: AsyncConnection, brand_id: int) -> bool:
    """Whether a change of settings is pending, so that nothing is as it should be yet."""
    found: bool = (
        await connection.execute(
            text("SELECT EXISTS (SELECT FROM dirty_brand WHERE brand_id = :brand)"),
            {"brand": brand_id},
        )
    ).scalar_one()
    return found


async def _sample(connection: AsyncConnection, brand_id: int, now: datetime) -> Sample:
    rows = await connection.execute(
        sql("derive", "sample"),
        {"brand": brand_id, "night": now.date().toordinal(), "most": MOST_CUSTOMERS},
    )
    return Sample([row.customer_id for row in rows], MOST_SUMS, now.date().isoformat())


async def _record(
    connection: AsyncConnection, brand_id: int, now: datetime, report: Report
) -> None:
    rows = [row for each in report.first for row in (each.found, each.expected) if row is not None]
    await connection.execute(
        text(
            "INSERT INTO verification (brand_id, ran_at, customers, differences, lines, wrong)"
            " VALUES (:brand, :now, :customers, :differences, CAST(:lines AS text[]),"
            " CAST(:wrong AS text[])) ON CONFLICT DO NOTHING"
        ),
        {
            "brand": brand_id,
            "now": now,
            "customers": report.customers,
            "differences": report.differences,
            "lines": [each.sentence() for each in report.first[:LINES]],
            "wrong": sorted({row["customer_id"] for row in rows if "customer_id" in row}),
        },
    )
