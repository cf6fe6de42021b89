"""The clock: each week is asked for once it is due, by the database's time and nobody else's.

What a week is due at follows from the brand's settings, and what was asked for stands in `export`:
so an outage loses nothing, and any number of workers may look.
"""

from datetime import datetime

import structlog
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from app.core import schedule
from app.core.db import transaction
from app.crm import brands
from app.exports.runs import due_at, queue_week
from app.exports.weeks import Week, newest_due

JOB = "export"

MOST_WEEKS = 53
"""So many are made up after an outage."""

LOOKED_BACK = 8
"""Weeks before the newest ones that are looked at again: what came late makes revisions of them."""

log = structlog.get_logger()


async def due(pool: AsyncEngine) -> list[int]:
    """The brands that have a week to be asked for, the longest overdue first."""
    async with transaction(pool) as connection:
        await schedule.enter(connection, JOB)
        return await schedule.due(connection, JOB)


async def tick(pool: AsyncEngine, brand_id: int) -> int:
    """Ask for what is due of a brand; gives how many runs. None where somebody else is at it."""
    async with transaction(pool, brand_id) as connection:
        turn = await schedule.hold(connection, brand_id, JOB)
        brand = await brands.find(connection, brand_id)
        now = (await connection.execute(text("SELECT now()"))).scalar_one()
        if turn is None or brand is None or turn.next_due_at > now:
            return 0
        newest, following = newest_due(brand.zone, brand.export_weekday, brand.export_time, now)
        weeks = await _weeks(connection, brand, newest) if brand.export_weekly else []
        for week in weeks:
            await queue_week(connection, brand_id, week, "system", by_the_clock=True)
        await schedule.put(connection, brand_id, JOB, following, brand.timezone)
    if weeks:
        log.info("exports_due", brand_id=brand_id, weeks=[week.name for week in weeks])
    return len(weeks)


async def _weeks(connection: AsyncConnection, brand: brands.Brand, newest: Week) -> list[Week]:
    """The weeks that fell due since the clock last asked, and then those to be looked at again."""
    found = await connection.execute(
        text(
            "SELECT b.export_since, (SELECT max(e.end_day) FROM export AS e"
            "  WHERE e.brand_id = :brand AND e.kind = 'weekly' AND e.scheduled_for IS NOT NULL)"
            " AS last FROM brand AS b WHERE b.brand_id = :brand"
        ),
        {"brand": brand.brand_id},
    )
    row = found.one()
    began: datetime = row.export_since
    weeks: list[Week] = []
    week = newest
    while (
        len(weeks) < MOST_WEEKS
        and (row.last is None or week.end_day > row.last)
        and due_at(brand, week) > began
    ):
        weeks.append(week)
        week = week.plus(-1)
    return weeks + await _exported(connection, brand.brand_id, week) if weeks else []


async def _exported(connection: AsyncConnection, brand_id: int, newest: Week) -> list[Week]:
    """Of the weeks up to this one those that have files, or whose run failed."""
    weeks = {each.name: each for each in (newest.plus(-n) for n in range(LOOKED_BACK))}
    rows = await connection.execute(
        text(
            "SELECT DISTINCT week FROM export WHERE brand_id = :brand AND kind = 'weekly'"
            " AND week = ANY (CAST(:weeks AS text[]))"
            " AND (state = 'done' OR (state = 'failed' AND scheduled_for IS NOT NULL))"
        ),
        {"brand": brand_id, "weeks": list(weeks)},
    )
    have = {row.week for row in rows}
    return [week for name, week in weeks.items() if name in have]
