"""A database as if so many events had come in over two years: rows made by SQL, indexes after."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import asyncpg
import msgspec

from app.embedded.servers import Servers
from bench.brand import create_brand
from bench.processes import finish
from bench.world_rows import FILLS, FORGET, LEAN, PARTED, TABLES

T = TypeVar("T")
MONTHS = 24
SPAN = timedelta(days=MONTHS * 30.4)
DERIVED = 2
"""So many brands have derived rows: those that events are sent to."""
SHARES = (0.5, 0.4, 0.04, 0.03, 0.02, 0.01)
"""Of the brands in all events; the first has random ids, the others ids that grow with time."""

MEMBER_EVENTS, GROUP_MEMBERS = 40, 100
BYTES = 1_230
"""Of an event with its facts, derived rows and indexes, about."""

LOOSE = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_wal_size": "3GB",
    "autovacuum": "off",
    "maintenance_work_mem": "768MB",
}
"""Settings to fill with; nothing is measured under them."""


class World(msgspec.Struct, kw_only=True):
    """A filled database: its size, and its brands, the one with random ids first."""

    name: str
    events: int
    brands: list[int]
    members: list[int]
    groups: list[int]
    megabytes: float = 0
    seconds: float = 0


def beside(servers: Servers, name: str) -> Servers:
    """The same server, another database."""
    before, _, after = servers.database_url.rpartition("?")
    return Servers(f"{before.rpartition('/')[0]}/{name}?{after}", servers.redis_url)


def fill(servers: Servers, name: str, events: int, say: Callable[[str], None]) -> World:
    """Make a database of so many events, under settings that are LOOSE."""
    began = time.perf_counter()
    within = beside(servers, name)
    asyncio.run(_create(servers, name))
    finish(within, "migrate")
    world = World(
        name=name,
        events=events,
        brands=[asyncio.run(create_brand(within)) for _ in SHARES],
        members=[max(4, int(events * share) // MEMBER_EVENTS) for share in SHARES],
        groups=[],
    )
    world.groups = [max(2, members // GROUP_MEMBERS) for members in world.members]
    asyncio.run(_fill(within, world, say))
    with ThreadPoolExecutor() as beside_each_other:
        derived = beside_each_other.map(
            lambda brand: finish(within, "rebuild", "--brand", str(brand)), world.brands[:DERIVED]
        )
        say(f"{name}: brands derived in {max(seconds for seconds, _ in derived):.0f} s")
    asyncio.run(_settle(within, world))
    world.seconds = time.perf_counter() - began
    say(f"{name}: {events:,} events, {world.megabytes:,.0f} MB, in {world.seconds:.0f} s")
    return world


def refresh(servers: Servers, world: World) -> None:
    """Bring a database of an earlier run to the schema of now, and tidy up after that run."""
    within = beside(servers, world.name)
    finish(within, "migrate")
    asyncio.run(_settle(within, world))


async def _create(servers: Servers, name: str) -> None:
    connection = await asyncpg.connect(servers.database_url)
    try:
        await connection.execute(f"DROP DATABASE IF EXISTS {name}")
        await connection.execute(f"CREATE DATABASE {name}")
    finally:
        await connection.close()


async def _fill(within: Servers, world: World, say: Callable[[str], None]) -> None:
    now = datetime.now(UTC)
    connections = [await asyncpg.connect(within.database_url) for _ in range(2)]
    try:
        first = connections[0]
        await first.execute(TABLES)
        await first.executemany(
            "INSERT INTO bench_brand VALUES ($1, $2, $3, $4, $5, $6, $7)", _brands(world, now)
        )
        await first.executemany(
            "INSERT INTO bench_part VALUES ($1, $2, $3, $4, $5)", parts(world, now)
        )
        await first.execute("ANALYZE bench_brand; ANALYZE bench_part")
        tables = list(dict.fromkeys(table for table, _, _ in FILLS))
        for table, before in await first.fetch(PARTED, tables):
            await first.execute(f"ALTER TABLE {table} DETACH PARTITION {before}")
            await first.execute(f"DROP TABLE {before}")
            for month in range(MONTHS + 2):
                await first.execute(
                    f"SELECT make_partition('{table}', now() - interval '{month} months')"
                )
        lean = await first.fetch(LEAN, tables)
        for each in lean:
            await first.execute(each["drop"])

        async def insert(connection: asyncpg.Connection, table: str) -> None:
            began = time.perf_counter()
            async with connection.transaction():
                # What is truncated and filled in one transaction is not written ahead.
                await connection.execute(f"TRUNCATE {table}")
                for name, source, columns in FILLS:
                    if name == table:
                        await connection.execute(
                            f"INSERT INTO {table} (brand_id, {', '.join(columns)})"
                            f" SELECT brand_id, {', '.join(columns.values())} FROM {source}"
                        )
            say(f"{world.name}: {table} in {time.perf_counter() - began:.0f} s")

        async def index(connection: asyncpg.Connection, table: str) -> None:
            # One after another: two at once may choose one name for those of a partition.
            for each in lean:
                began = time.perf_counter()
                if each["table"] == table:
                    await connection.execute(each["make"])
                    if (seconds := time.perf_counter() - began) > 5:
                        say(f"{world.name}: {each['name']} in {seconds:.0f} s")

        await _share(connections, tables, insert)
        for connection in connections:
            await connection.execute("SET max_parallel_maintenance_workers = 1")
        # In the order in which they were filled, which begins with the largest ones.
        await _share(connections, tables, index)
        await first.execute(FORGET)
        await first.execute("ANALYZE")
    finally:
        for connection in connections:
            await connection.close()


def _brands(world: World, now: datetime) -> list[tuple[Any, ...]]:
    """People come, speak for a quarter of the time, and then are silent; every other one leaves."""
    made = zip(world.brands, world.members, world.groups, SHARES, strict=True)
    return [
        (brand, n > 0, members, groups, max(1, int(world.events * share)), now - SPAN, SPAN)
        for n, (brand, members, groups, share) in enumerate(made)
    ]


def parts(world: World, now: datetime) -> list[tuple[int, int, int, int, float]]:
    """Months of brands as numbers of events and times, the brands of a month beside each other."""
    start = now - SPAN
    month_ms = SPAN / timedelta(milliseconds=1) / MONTHS
    found = []
    for month in range(MONTHS):
        for brand, share in zip(world.brands, SHARES, strict=True):
            count = max(1, int(world.events * share / MONTHS))
            ms = int(start.timestamp() * 1000 + month * month_ms)
            found.append((brand, month * count, (month + 1) * count - 1, ms, month_ms / count))
    return found


async def _share(
    connections: list[asyncpg.Connection],
    work: Sequence[T],
    act: Callable[[asyncpg.Connection, T], Awaitable[None]],
) -> None:
    """Let each connection take what is next, until all is done."""
    waiting = iter(work)

    async def go(connection: asyncpg.Connection) -> None:
        for each in waiting:
            await act(connection, each)

    await asyncio.gather(*map(go, connections))


async def _settle(within: Servers, world: World) -> None:
    connection = await asyncpg.connect(within.database_url)
    try:
        await connection.execute("VACUUM (FREEZE, ANALYZE)")
        size = await connection.fetchval("SELECT pg_database_size(current_database())")
        world.megabytes = size / 2**20
    finally:
        await connection.close()
