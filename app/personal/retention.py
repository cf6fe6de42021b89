"""Retention: texts of messages and payloads of events go when the brand's time for them is over.

The rows stay: who said something and when still counts, and a repeat is still known as one.
"""

from datetime import datetime, timedelta

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.core.clock import microseconds
from app.core.sql import sql

ROWS = 2_000
EVENTS = 5_000


async def step(connection: AsyncConnection, brand_id: int, now: datetime) -> bool:
    """Empty one batch of each kind; False where nothing was left to empty."""
    rows = await connection.execute(
        text("SELECT message_text_days, raw_event_days FROM brand WHERE brand_id = :brand"),
        {"brand": brand_id},
    )
    days = rows.one_or_none()
    if days is None:
        return False
    more = False
    if days.message_text_days is not None:
        before = now - timedelta(days=days.message_text_days)
        more |= await _texts(connection, brand_id, before)
    if days.raw_event_days is not None:
        before = now - timedelta(days=days.raw_event_days)
        more |= await _payloads(connection, brand_id, before)
    return more


async def _texts(connection: AsyncConnection, brand_id: int, before: datetime) -> bool:
    given = {"brand": brand_id, "before": before, "most": ROWS}
    emptied = [
        (await connection.execute(sql("personal", f"empty_{table}"), given)).rowcount
        for table in ("message", "direct_message")
    ]
    return any(count == ROWS for count in emptied)


async def _payloads(connection: AsyncConnection, brand_id: int, before: datetime) -> bool:
    await connection.execute(
        text("INSERT INTO upkeep (brand_id) VALUES (:brand) ON CONFLICT DO NOTHING"),
        {"brand": brand_id},
    )
    found = await connection.execute(
        sql("personal", "empty_events"),
        {"brand": brand_id, "before": event_no(before), "most": EVENTS},
    )
    count: int = found.scalar_one()
    return count == EVENTS


def event_no(at: datetime) -> int:
    """The smallest number of an event that arrives at an instant; see store.sql."""
    return (microseconds(at) // 1_000) << 20
