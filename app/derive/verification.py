"""The nightly check: derived rows of a sample of customers are compared with what the facts say.

The sample is another one each night; who was found wrong is looked at again until all is well.
"""

from datetime import datetime, timedelta

import msgspec
import structlog
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from app.core import schedule
from app.core.clock import day_start
from app.core.db import transaction
from app.core.sql import sql
from app.core.zone import zone_of
from app.derive.credit import Difference, compare_customers

JOB = "verify"
HOUR = 3
"""When at night, in the brand's time zone."""

MOST_CUSTOMERS = 2_000
BATCH = 500
LINES = 5
RETRY = timedelta(minutes=15)
"""When somebody else tries, if the worker that has begun does not end."""

FEW_BRANDS = 50
"""Up to so many brands are each checked every night, more of them once a week."""

log = structlog.get_logger()


class Verified(msgspec.Struct, frozen=True):
    """What a check found."""

    customers: int
    differences: list[Difference]


def describe(difference: Difference) -> str:
    """One line: the table, the order, and what was found instead of what."""
    where = f"{difference.table} {difference.order_id} ({difference.customer_id})"
    if difference.found is None:
        return f"{where}: missing"
    if difference.expected is None:
        return f"{where}: should not be there"
    changes = [
        f"{k} is {found!r}, not {expected!r}"
        for k, (found, expected) in sorted(difference.fields().items())
    ]
    return f"{where}: {'; '.join(changes)}"


async def due(pool: AsyncEngine) -> list[int]:
    """The brands whose check is due, the longest overdue first."""
    async with transaction(pool) as connection:
        await schedule.enter(connection, JOB)
        return await schedule.due(connection, JOB)


async def verify(pool: AsyncEngine, brand_id: int, now: datetime) -> Verified | None:
    """Check a brand, where that is due and nobody else is at it, and record what was found."""
    async with transaction(pool) as connection:
        turn = await schedule.hold(connection, brand_id, JOB)
        if turn is None or turn.next_due_at > now:
            return None
        zone = await zone_of(connection, brand_id)
        await schedule.put(connection, brand_id, JOB, now + RETRY, turn.timezone)
        if await changing(connection, brand_id):
            return None
        customers = await _sample(connection, brand_id, now)
        brands = await connection.scalar(text("SELECT count(*) FROM brand"))
    found: list[Difference] = []
    for start in range(0, len(customers), BATCH):
        async with transaction(pool) as connection:
            found += await differences(connection, brand_id, customers[start : start + BATCH])
    nights = 1 if (brands or 0) <= FEW_BRANDS else 7
    if turn.timezone is None:
        nights = brand_id % nights + 1
    night = now.astimezone(zone).date() + timedelta(days=nights)
    async with transaction(pool) as connection:
        await _record(connection, brand_id, now, len(customers), found)
        await schedule.put(
            connection, brand_id, JOB, day_start(zone, night) + timedelta(hours=HOUR), zone.key
        )
    if found:
        log.error(
            "verify_differences",
            brand_id=brand_id,
            differences=len(found),
            first=[describe(each) for each in found[:LINES]],
        )
    return Verified(len(customers), found)


async def changing(connection: AsyncConnection, brand_id: int) -> bool:
    """Whether a change of settings is pending, so that nothing is as it should be yet."""
    found: bool = (
        await connection.execute(
            text("SELECT EXISTS (SELECT FROM dirty_brand WHERE brand_id = :brand)"),
            {"brand": brand_id},
        )
    ).scalar_one()
    return found


async def differences(
    connection: AsyncConnection, brand_id: int, customers: list[str]
) -> list[Difference]:
    """Where derived rows are wrong; what is pending is left out. Must begin its transaction.

    Facts, derived rows and queues are those of one instant, so a live system is no difference.
    """
    await connection.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY"))
    if await changing(connection, brand_id):
        return []
    dirty = await connection.execute(
        text(
            "SELECT customer_id FROM dirty_customer"
            " WHERE brand_id = :brand AND customer_id = ANY (CAST(:customers AS text[]))"
        ),
        {"brand": brand_id, "customers": customers},
    )
    pending = {row.customer_id for row in dirty}
    found = await compare_customers(connection, brand_id, customers)
    return [each for each in found if each.customer_id not in pending]


async def _sample(connection: AsyncConnection, brand_id: int, now: datetime) -> list[str]:
    rows = await connection.execute(
        sql("derive", "sample"),
        {"brand": brand_id, "night": now.date().toordinal(), "most": MOST_CUSTOMERS},
    )
    return [row.customer_id for row in rows]


async def _record(
    connection: AsyncConnection,
    brand_id: int,
    now: datetime,
    customers: int,
    found: list[Difference],
) -> None:
    await connection.execute(
        text(
            "INSERT INTO verification (brand_id, ran_at, customers, differences, lines, wrong)"
            " VALUES (:brand, :now, :customers, :differences, CAST(:lines AS text[]),"
            " CAST(:wrong AS text[])) ON CONFLICT DO NOTHING"
        ),
        {
            "brand": brand_id,
            "now": now,
            "customers": customers,
            "differences": len(found),
            "lines": [describe(each) for each in found[:LINES]],
            "wrong": sorted({each.customer_id for each in found})[:BATCH],
        },
    )
