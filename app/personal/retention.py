"""Retention: texts of messages and payloads of events go when the brand's time for them is over.

The rows stay: who said something and when still counts, and a repeat is still known as one.
"""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.core.clock import microseconds
from app.core.partitions import DETACHED
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
    direct = await connection.execute(sql("personal", "empty_direct_message"), given)
    more = direct.rowcount == ROWS
    for table in (f"{DETACHED}.message", "message"):
        more |= await _messages(connection, table, given)
    return more


async def _messages(connection: AsyncConnection, table: str, given: dict[str, Any]) -> bool:
    """Empty the oldest texts; by their times, so that no other month is looked into."""
    old = (
        f"SELECT sent_at FROM {table} WHERE brand_id = :brand AND sent_at < :before"
        " AND text IS NOT NULL ORDER BY sent_at LIMIT :most"
    )
    found = await connection.execute(
        text(f"SELECT count(*) AS n, min(sent_at) AS low, max(sent_at) AS high FROM ({old}) AS q"),
        given,
    )
    row = found.one()
    if row.n:
        await connection.execute(
            text(
                f"UPDATE {table} SET text = NULL, stamps = stamps - 'text' WHERE brand_id = :brand"
                " AND sent_at >= :low AND sent_at <= :high AND text IS NOT NULL"
            ),
            {"brand": given["brand"], "low": row.low, "high": row.high},
        )
    return bool(row.n == ROWS)


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
