"""What an event costs in one database: stored, and brought into the numbers."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import asyncpg
import msgspec
from sqlalchemy.ext.asyncio import AsyncEngine

from app.core.db import open_pool, straight
from app.core.roles import address_of
from app.core.settings import Settings
from app.embedded.servers import Servers
from app.ingest.decode import Sender
from app.ingest.inbox import read_all, take_in_all
from bench.deliveries import Crowd, Name, events, ordered_ids, random_ids
from bench.processes import parent, worked_seconds
from bench.world import World, beside
from workers.pump import Pump

IDS: dict[str, Callable[[], Name]] = {"ordered": ordered_ids, "random": random_ids}
BATCH = 500
WRITTEN = "SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')"
READ_IDENTITIES = """
SELECT count(*) FROM (SELECT event_id FROM event_identity ORDER BY brand_id, source, event_id) AS i
"""
WAITING = """
SELECT (SELECT count(*) FROM pending_event) + (SELECT count(*) FROM dirty_customer)
    + (SELECT count(*) FROM dirty_sum)
"""
COUNTED = """
SELECT tup_inserted AS inserted, tup_updated AS updated, tup_deleted AS deleted,
    blks_read AS blocks_read, blks_hit AS blocks_hit
FROM pg_stat_database WHERE datname = current_database()
"""


class Cost(msgspec.Struct, frozen=True):
    """Of one event: processor time in microseconds, of PostgreSQL in it, wall time, WAL bytes."""

    cpu_us: float
    postgres_us: float
    wall_us: float
    wal_bytes: float


class Scale:
    """A filled database with the service's code on it, that says what events cost there.

    They tell of as many people and groups as the least database has, spread over all of its own.
    """

    def __init__(
        self, world: World, least: World, given: Settings, owner: asyncpg.Connection
    ) -> None:
        self.world, self.least, self.owner = world, least, owner
        self.postmaster = parent(owner.get_server_pid())
        self.web, self.worker = _pool(given, "web"), _pool(given, "worker")
        self.pump = Pump(self.worker, "bench", given.batch_events)

    async def shoot(self, kind: str, count: int) -> tuple[Cost, Cost]:
        """Store so many new events; bring them into the numbers: what the one cost, and both."""
        which = 1 if kind == "ordered" else 0
        members, groups = self.world.members[which], self.world.groups[which]
        crowd = Crowd(
            members=self.least.members[which],
            groups=self.least.groups[which],
            members_apart=members // self.least.members[which],
            groups_apart=groups // self.least.groups[which],
        )
        brand = self.world.brands[which]
        made = list(events(count, "", time.time_ns() % 2**31, crowd=crowd, name=IDS[kind]()))
        stored = await self._timed(count, self._store(brand, made))
        numbers = await self._timed(count, self.pump.run_until_idle())
        both = zip(msgspec.structs.astuple(stored), msgspec.structs.astuple(numbers), strict=True)
        return stored, Cost(*(one + other for one, other in both))

    async def _store(self, brand: int, made: list[bytes]) -> None:
        sender = Sender("bench", "CNY")
        async with self.web.connect() as opened:
            connection = await opened.execution_options(isolation_level="AUTOCOMMIT")
            for at in range(0, len(made), BATCH):
                delivery = read_all(sender, made[at : at + BATCH], datetime.now(UTC))
                async with straight(connection, brand):
                    (receipt,) = await take_in_all(connection, brand, [delivery])
                if receipt.accepted != len(delivery.events):
                    raise SystemExit(f"not all were accepted: {receipt}")

    async def _timed(self, count: int, act: Awaitable[None]) -> Cost:
        wal = await self._wal()
        postgres, own = worked_seconds(self.postmaster), time.process_time()
        began = time.perf_counter()
        await act
        wall = time.perf_counter() - began
        own = time.process_time() - own
        postgres = worked_seconds(self.postmaster) - postgres
        wal = await self._wal() - wal
        each = 1e6 / count
        return Cost((own + postgres) * each, postgres * each, wall * each, wal / count)

    async def _wal(self) -> int:
        return int(await self.owner.fetchval(WRITTEN))

    async def left(self) -> int:
        """What still waits in the queues."""
        left: int = await self.owner.fetchval(WAITING)
        return left

    async def warm_up(self) -> None:
        """Read the index of identities, which a server that has run for a while has in memory."""
        async with self.owner.transaction():
            await self.owner.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_sort = off")
            await self.owner.fetchval(READ_IDENTITIES)

    async def counted(self) -> dict[str, int]:
        """The rows and blocks that PostgreSQL has counted here since it was started."""
        # A session tells what it did about once a second, or when it ends.
        await self.web.dispose()
        await self.worker.dispose()
        await asyncio.sleep(1.5)
        return dict(await self.owner.fetchrow(COUNTED))


def _pool(given: Settings, process: str) -> AsyncEngine:
    url = address_of(given, process)
    return open_pool(Settings(database_url=url), "hongqun bench", walled=True)


@asynccontextmanager
async def opened(servers: Servers, world: World, least: World) -> AsyncIterator[Scale]:
    """The service's code on a database, until the block ends."""
    url = beside(servers, world.name).database_url
    owner = await asyncpg.connect(url)
    scale = Scale(world, least, Settings(database_url=url), owner)
    try:
        yield scale
    finally:
        await scale.web.dispose()
        await scale.worker.dispose()
        await owner.close()
