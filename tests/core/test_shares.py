"""A brand that asks for many connections of a pool leaves some for the others."""

import asyncio

import msgspec
import pytest
from sqlalchemy import text
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import AsyncEngine

from app.core.db import open_pool, transaction
from app.core.settings import Settings
from app.core.shares import Shares

GREEDY, OTHER = 1, 2


async def hold(pool: AsyncEngine, brand_id: int, until: asyncio.Event) -> int:
    async with transaction(pool, brand_id) as connection:
        await until.wait()
        return int(await connection.scalar(text("SELECT 1")) or 0)


@pytest.mark.anyio
async def test_some_are_left_for_the_others(settings: Settings) -> None:
    pool = open_pool(msgspec.structs.replace(settings, pool_size=8), "hongqun test", shared=True)
    enough, now = asyncio.Event(), asyncio.Event()
    now.set()
    try:
        async with asyncio.TaskGroup() as group:
            held = [group.create_task(hold(pool, GREEDY, enough)) for _ in range(3)]
            while pool.sync_engine.pool.checkedout() < 3:  # type: ignore[attr-defined]
                await asyncio.sleep(0.01)
            fourth = group.create_task(hold(pool, GREEDY, enough))
            assert await hold(pool, OTHER, now) == 1
            assert not fourth.done()
            assert pool.sync_engine.pool.checkedout() == 3  # type: ignore[attr-defined]
            enough.set()
        assert [task.result() for task in (*held, fourth)] == [1, 1, 1, 1]
    finally:
        await pool.dispose()


@pytest.mark.anyio
async def test_who_waits_in_vain_is_told_as_by_the_pool() -> None:
    shares = Shares(8, 0.01)
    assert shares.most == 3
    async with shares.one(GREEDY), shares.one(GREEDY), shares.one(GREEDY):
        with pytest.raises(PoolTimeoutError):
            async with shares.one(GREEDY):
                pass
        async with shares.one(OTHER), shares.one(None):
            pass
    async with shares.one(GREEDY):
        pass


def test_one_connection_is_a_share() -> None:
    assert (Shares(1, 1).most, Shares(2, 1).most, Shares(8, 1).most) == (1, 1, 3)
