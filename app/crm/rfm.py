"""The cut points of RFM: quintiles, counted at night and on demand, or the brand's own."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from app.core import schedule
from app.core.clock import day_start
from app.core.db import transaction
from app.core.errors import Problem
from app.core.sql import sql
from app.core.zone import zone_of
from app.crm import audit
from app.derive.touched import ask_for_counting

JOB = "rfm"
HOUR = 2
"""When at night, in the brand's time zone."""

EMPTY = timedelta(minutes=10)
"""How soon a brand that nobody has bought of yet is looked at again."""


class Own(msgspec.Struct, frozen=True):
    """Cut points that a brand sets itself: four of each, none smaller than the one before."""

    recency_days: Sequence[int]
    frequency: Sequence[int]
    monetary: Sequence[int]


async def refresh(connection: AsyncConnection, brand_id: int) -> int:
    """Count the quintiles anew; gives how many customers have bought."""
    await ask_for_counting(connection, brand_id)
    counted: int = (
        await connection.execute(sql("crm", "rfm_cut"), {"brand": brand_id})
    ).scalar_one()
    return counted


async def change(connection: AsyncConnection, brand_id: int, actor: str, own: Own | None) -> None:
    """Set the brand's own cut points, or go back to quintiles.

    Raises:
        Problem: 422 where some do not ascend.
    """
    await ask_for_counting(connection, brand_id)
    for name, points in msgspec.structs.asdict(own).items() if own else ():
        if list(points) != sorted(points):
            raise Problem(422, "invalid", "Cut points must ascend.", field=f"/{name}")
    given = {
        "brand": brand_id,
        "recency_days": own and list(own.recency_days),
        "frequency": own and list(own.frequency),
        "monetary": own and list(own.monetary),
    }
    await connection.execute(
        text(
            "INSERT INTO rfm_cut"
            " (brand_id, own_recency_days, own_frequency, own_monetary, own_since)"
            " VALUES (:brand, CAST(:recency_days AS integer[]), CAST(:frequency AS bigint[]),"
            " CAST(:monetary AS bigint[]),"
            " CASE WHEN CAST(:frequency AS bigint[]) IS NOT NULL THEN now() END)"
            " ON CONFLICT (brand_id) DO UPDATE SET own_recency_days = excluded.own_recency_days,"
            " own_frequency = excluded.own_frequency, own_monetary = excluded.own_monetary,"
            " own_since = excluded.own_since"
        ),
        given,
    )
    await audit.record(
        connection, brand_id, actor, "rfm.change", "", msgspec.structs.asdict(own) if own else {}
    )


async def due(pool: AsyncEngine) -> list[int]:
    """The brands whose quintiles are to be counted, the longest overdue first."""
    async with transaction(pool) as connection:
        await schedule.enter(connection, JOB)
        return await schedule.due(connection, JOB)


async def count(pool: AsyncEngine, brand_id: int, now: datetime) -> bool:
    """Count a brand's quintiles, where that is due and nobody else is at it."""
    async with transaction(pool, brand_id) as connection:
        turn = await schedule.hold(connection, brand_id, JOB)
        if turn is None or turn.next_due_at > now:
            return False
        zone = await zone_of(connection, brand_id)
        night = day_start(zone, now.astimezone(zone).date() + timedelta(days=1))
        bought = await refresh(connection, brand_id)
        again = night + timedelta(hours=HOUR) if bought else now + EMPTY
        await schedule.put(connection, brand_id, JOB, again, zone.key)
    return True
