"""The intake within the process of a test, on a real database that a test can make wait."""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import asyncpg

from app.core.db import open_pool, transaction
from app.core.settings import Settings
from app.crm import sources
from app.crm.sources import Source, live
from app.ingest.decode import Sender
from app.ingest.group_commit import GroupCommit
from app.ingest.inbox import Receipt, read_all
from tests.api.door import order
from tests.make import Brand, Service, lines

BLOCKED = """
SELECT count(*) FROM pg_locks WHERE NOT granted AND locktype = 'relation'
AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""

WHOLE = """
SELECT
    CASE WHEN e.source = 'other' THEN 'other ' ELSE '' END || e.event_id AS name, e.raw,
    num_nulls(e.brand_id, i.brand_id, p.brand_id) = 0 AS whole
FROM event AS e
FULL JOIN event_identity AS i USING (brand_id, source, event_id)
FULL JOIN pending_event AS p ON p.brand_id = e.brand_id AND p.event_no = e.event_no
WHERE coalesce(e.brand_id, i.brand_id, p.brand_id) = :b
"""


ONE = Receipt(1, 0, [])
AGAIN = Receipt(0, 1, [])
Requests = Sequence[tuple[Sequence[bytes], str | None]]


class Door:
    """One web process's intake: `post` is a request whose signature was found to be good."""

    def __init__(self, intake: GroupCommit, pool: Any) -> None:
        self.intake = intake
        self.pool = pool
        self.woken = 0

    async def source(self, brand: Brand) -> Source:
        async with transaction(self.pool, brand.brand_id) as connection:
            return (await live(connection, brand.brand_id, [brand.source_id]))[brand.source_id]

    async def post(
        self, source: Source, raws: Sequence[bytes], webhook_id: str | None = None
    ) -> Receipt:
        sender = Sender(source.source_id, source.currency, webhook_id if len(raws) == 1 else None)
        delivery = read_all(sender, raws, datetime.now(UTC))
        size = sum(map(len, raws))
        return await self.intake.take_in(source.brand_id, delivery, size, source)


@asynccontextmanager
async def opened(
    host: Service, *, events: int = 50_000, size: int = 2**26, running: int = 4
) -> AsyncIterator[Door]:
    """An intake, stopped when the block ends."""
    pool = open_pool(host.as_role("web"), "hongqun web", walled=True)
    door: Door

    def woken() -> None:
        door.woken += 1

    intake = GroupCommit(pool, sources.live, woken, events=events, size=size, running=running)
    door = Door(intake, pool)
    try:
        yield door
    finally:
        await intake.stop()
        await pool.dispose()


@asynccontextmanager
async def shut(settings: Settings) -> AsyncIterator[asyncpg.Connection]:
    """While the block runs nobody can insert an identity: who tries waits for its end."""
    holder = await asyncpg.connect(settings.database)
    try:
        async with holder.transaction():
            await holder.execute("LOCK TABLE event_identity IN SHARE ROW EXCLUSIVE MODE")
            yield holder
    finally:
        await holder.close()


async def until_blocked(holder: asyncpg.Connection, waiters: int = 1) -> None:
    """Wait until so many transactions wait for a table."""
    until = time.monotonic() + 30
    while await holder.fetchval(BLOCKED) < waiters:
        assert time.monotonic() < until, "nobody waits"
        await asyncio.sleep(0.01)


def raw(id_: str | None, **more: Any) -> bytes:
    """An order as it is posted."""
    return lines([order(id_, **more)])[0]


def stored(host: Service, brand: Brand) -> dict[str, str]:
    """The stored events of a brand, raw texts by id; each is stored wholly and once."""
    rows = host.sql(WHOLE, b=brand.brand_id)
    assert all(row.whole for row in rows)
    found = {row.name: row.raw for row in rows}
    assert len(found) == len(rows)
    return found


def letters(host: Service, brand: Brand) -> list[tuple[Any, ...]]:
    """The dead letters of a brand, without their sealed texts."""
    return [
        tuple(row)
        for row in host.sql(
            "SELECT code, field, detail, fallback_id, seen FROM dead_letter"
            " WHERE brand_id = :b ORDER BY code, field, detail, fallback_id, seen",
            b=brand.brand_id,
        )
    ]


def commits(host: Service, brand: Brand) -> int:
    """How many transactions stored the events of a brand."""
    (row,) = host.sql(
        "SELECT count(DISTINCT xmin::text) FROM event WHERE brand_id = :b", b=brand.brand_id
    )
    return int(row[0])


async def together(door: Door, brand: Brand, requests: Requests) -> list[Any]:
    """Post all at the same time: the first goes alone, the others gather behind it."""
    source = await door.source(brand)
    posts = [door.post(source, raws, webhook_id) for raws, webhook_id in requests]
    return await asyncio.gather(*posts, return_exceptions=True)


def singles(*ids: str) -> Requests:
    return [([raw(id_)], None) for id_ in ids]
