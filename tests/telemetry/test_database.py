"""Pools, errors and queues, asked within this process."""

import asyncio
import gc
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import asyncpg
import msgspec
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import AsyncEngine

from app.core.db import open_pool, session, transaction
from app.core.measured import POOLS
from app.core.queues import Queues, depths
from app.core.settings import Settings
from app.telemetry.numbers import REGISTRY
from tests.make import Service
from tests.stack import Stack

pytestmark = pytest.mark.anyio

POOL = {"pool": "one by one"}


def now(name: str, labels: Mapping[str, str]) -> float:
    return REGISTRY.get_sample_value(name, dict(labels)) or 0


def errors(sqlstate: str) -> float:
    return now("hongqun_database_errors_total", {"sqlstate": sqlstate})


@pytest.fixture
async def pool(settings: Settings) -> AsyncIterator[AsyncEngine]:
    gc.collect()  # pools of the same name before it
    opened = open_pool(msgspec.structs.replace(settings, pool_size=1), POOL["pool"])
    yield opened
    await opened.dispose()


async def driver(pool: AsyncEngine) -> AsyncIterator[asyncpg.Connection]:
    async with session(pool, 1) as connection:
        assert connection.sync_connection is not None
        yield connection.sync_connection.connection.driver_connection


async def test_an_error_counts_once_however_it_was_made(pool: AsyncEngine) -> None:
    before = errors("22012")
    with pytest.raises(DBAPIError):
        async with transaction(pool, 1) as connection:
            await connection.execute(text("SELECT 1 / 0"))
    assert errors("22012") == before + 1
    # By asyncpg itself, as rows are copied and events stored.
    async for raw in driver(pool):
        for act in (
            raw.execute("SELECT 1 / 0"),
            raw.fetch("SELECT 1 / 0"),
            raw.copy_from_query("SELECT 1 / 0", output=Path("/dev/null")),
        ):
            with pytest.raises(asyncpg.DivisionByZeroError):
                await act
    assert errors("22012") == before + 4


async def test_a_failed_commit_counts_once_and_takes_no_time(pool: AsyncEngine) -> None:
    async with transaction(pool, 1) as connection:
        await connection.execute(text("CREATE TEMPORARY TABLE once (n int)"))
        await connection.execute(text("ALTER TABLE once ADD UNIQUE (n) DEFERRABLE"))
    failed, committed = errors("23505"), now("hongqun_database_commit_seconds_count", POOL)
    with pytest.raises(DBAPIError):
        async with transaction(pool, 1) as connection:
            await connection.execute(text("SET CONSTRAINTS ALL DEFERRED"))
            await connection.execute(text("INSERT INTO once VALUES (1), (1)"))
    assert errors("23505") == failed + 1
    assert now("hongqun_database_commit_seconds_count", POOL) == committed
    async with transaction(pool, 1) as connection:
        await connection.execute(text("INSERT INTO once VALUES (1)"))
    assert now("hongqun_database_commit_seconds_count", POOL) == committed + 1


async def test_a_database_that_is_away_has_no_sqlstate(settings: Settings) -> None:
    before = errors("none")
    away = msgspec.structs.replace(settings, database_url="postgresql://x:x@127.0.0.1:1/x")
    pool = open_pool(away, "away")
    with pytest.raises(OSError):
        async with transaction(pool):
            pass
    await pool.dispose()
    assert errors("none") == before + 1


async def test_a_pool_tells_who_waits_and_who_waited_in_vain(pool: AsyncEngine) -> None:
    waits = now("hongqun_pool_wait_seconds_count", POOL)
    timeouts = now("hongqun_pool_timeouts_total", POOL)
    async with transaction(pool, 1):
        assert now("hongqun_pool_size", POOL) == 1
        assert now("hongqun_pool_in_use", POOL) == 1
        with pytest.raises(PoolTimeoutError):
            async with transaction(pool, 1):
                pass
    assert now("hongqun_pool_in_use", POOL) == 0
    assert now("hongqun_pool_open", POOL) == 1
    assert now("hongqun_pool_wait_seconds_count", POOL) == waits + 2
    assert now("hongqun_pool_timeouts_total", POOL) == timeouts + 1


async def test_a_pool_that_is_gone_is_told_of_no_more(settings: Settings) -> None:
    pool = open_pool(settings, "short")
    assert now("hongqun_pool_size", {"pool": "short"}) == settings.pool_size
    await pool.dispose()
    del pool
    gc.collect()
    names = [m.labels["pool"] for family in POOLS.collect() for m in family.samples]
    assert "short" not in names


async def test_queues_are_counted_over_all_brands(stack: Stack) -> None:
    service = Service("", stack.settings)
    pool = open_pool(service.as_role("worker"), "queues", walled=True)
    before = {depth.queue: depth.rows for depth in await depths(pool)}
    await asyncio.to_thread(let_wait, service)
    found = {depth.queue: depth for depth in await depths(pool)}
    await pool.dispose()
    names = ("events", "failing_events", "customers", "sums", "brands", "segments", "periods")
    assert list(found) == [*names, "imports", "exports", "deliveries"]
    gained = {queue: depth.rows - before[queue] for queue, depth in found.items()}
    assert (gained["events"], gained["failing_events"], gained["customers"]) == (4, 2, 2)
    # What failed is put off, and its time is not when it came: the oldest of the others counts.
    assert 90 <= (found["events"].seconds or 0) < 3_600
    assert 30 <= (found["customers"].seconds or 0) < 3_600


def let_wait(service: Service) -> None:
    """Two brands that no worker takes in hand, with events and customers that wait."""
    first, second = (service.brand().brand_id for _ in range(2))
    given = {"first": first, "second": second}
    service.sql(
        "UPDATE work_lease SET leased_until = now() + interval '1 day'"
        " WHERE brand_id IN (:first, :second)",
        **given,
    )
    service.sql(
        "INSERT INTO pending_event (brand_id, event_no, attempts, next_attempt_at) VALUES"
        " (:first, 1, 2, now() + interval '1 hour'),"
        " (:first, 2, 0, now() - interval '90 seconds'),"
        " (:first, 3, 0, now() - interval '60 seconds'),"
        " (:second, 4, 1, now() - interval '2 hours')",
        **given,
    )
    service.sql(
        "INSERT INTO dirty_customer (brand_id, customer_id, since)"
        " VALUES (:second, 'c1', now() - interval '30 seconds'), (:second, 'c2', now())",
        second=second,
    )


async def test_who_asks_again_at_once_is_told_the_same(pool: AsyncEngine) -> None:
    queues = Queues(pool, asyncio.get_running_loop())
    before = now("hongqun_pool_wait_seconds_count", POOL)
    told = [await asyncio.to_thread(queues.collect) for _ in range(3)]
    assert told[0] == told[1] == told[2]
    assert now("hongqun_pool_wait_seconds_count", POOL) == before + 1


async def test_where_the_database_is_away_no_queue_is_told_as_empty(settings: Settings) -> None:
    away = msgspec.structs.replace(settings, database_url="postgresql://x:x@127.0.0.1:1/x")
    pool = open_pool(away, "away")
    rows, oldest, readable = await asyncio.to_thread(
        Queues(pool, asyncio.get_running_loop()).collect
    )
    await pool.dispose()
    assert not rows.samples
    assert not oldest.samples
    assert [sample.value for sample in readable.samples] == [0]
