"""Months of the table of events, and events in them."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import TypeVar

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from app.core.clock import microseconds
from app.core.db import open_pool
from app.core.partitions import make_ahead
from app.core.roles import address_of
from tests.make import Service

T = TypeVar("T")


async def within(database: Service, act: Callable[[AsyncEngine], Awaitable[T]]) -> T:
    """Act as a worker."""
    named = address_of(database.settings, "worker")
    pool = open_pool(
        msgspec.structs.replace(database.settings, database_url=named), "test", walled=True
    )
    try:
        return await act(pool)
    finally:
        await pool.dispose()


async def make(database: Service, now: datetime) -> int:
    """Make partitions as a worker does."""
    return await within(database, lambda pool: make_ahead(pool, "event", now))


def month(year: int, number: int) -> datetime:
    return datetime(year, number, 1, tzinfo=UTC)


def parts(database: Service) -> dict[str, tuple[datetime | None, datetime | None]]:
    """The partitions with their bounds."""
    rows = database.sql(
        "SELECT CAST(part AS text) AS part, starts, ends FROM partitions_of('event')"
    )
    return {row.part: (row.starts, row.ends) for row in rows}


def put(database: Service, brand_id: int, event_id: str, at: datetime, past: int = 0) -> int:
    """Store an event that arrived at an instant; `past` counts within the millisecond."""
    number = (microseconds(at) // 1_000 << 20) + past

    async def act(connection: AsyncConnection) -> None:
        for table, columns, values in (
            ("event_identity", "source, event_id, content_hash", "'api', :id, ''"),
            ("event", "event_no, source, event_id, raw", ":no, 'api', :id, '{}'"),
        ):
            await connection.execute(
                text(f"INSERT INTO {table} (brand_id, {columns}) VALUES (:b, {values})"),
                {"b": brand_id, "id": event_id, "no": number},
            )

    database.within(act)
    return number


def where(database: Service, brand_id: int, table: str = "event") -> dict[str, str]:
    """In which partition each event of a brand lies."""
    rows = database.sql(
        f"SELECT event_id, CAST(CAST(tableoid AS regclass) AS text) AS part FROM {table}"
        " WHERE brand_id = :b",
        b=brand_id,
    )
    return {row.event_id: row.part for row in rows}
