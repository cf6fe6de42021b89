"""Wake-ups bring the numbers, not the sweep: with several web processes and workers, again and
again, and after a time in which nobody listened.
"""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable

import msgspec
import pytest
from redis.asyncio import Redis

from app.core.jobs import QUEUE, Waker, listen
from app.core.settings import Settings
from tests.stack import Stack
from tests.workers.events import counted, order

POSTS = 50
SECONDS = 150.0
"""Far less than as many sweeps of ten seconds by two workers would take."""


@pytest.mark.early
def test_each_of_many_posts_shows_without_waiting_for_a_sweep(
    stack: Stack, settings: Settings
) -> None:
    shared = msgspec.structs.replace(stack.settings, redis_url=f"{settings.redis_url}?db=4")
    web = stack.web(shared, processes=2)
    workers = [stack.worker(shared, HONGQUN_SWEEP_SECONDS="10") for _ in range(2)]
    brand = web.brand()
    end = time.monotonic() + SECONDS
    for n in range(POSTS):
        brand.post([order(n)])
        while counted(brand) <= n:
            assert time.monotonic() < end, f"{n} of {POSTS} posts show"
            time.sleep(0.02)
    for worker in workers:
        worker.terminate()
        worker.wait(20)


@pytest.fixture
async def redis(settings: Settings) -> AsyncIterator[str]:
    url = f"{settings.redis_url}?db=5"
    async with Redis.from_url(url) as connection:
        await connection.flushdb()
    yield url


async def until(done: Callable[[], bool], seconds: float = 20) -> None:
    end = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < end
        await asyncio.sleep(0.01)


@pytest.mark.anyio
async def test_wake_ups_do_not_heap_up_and_none_is_lost(
    redis: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Two web processes send while nobody listens; what they ask for afterwards comes as well."""
    caplog.set_level(logging.WARNING)
    senders = [Waker(redis), Waker(redis)]
    heard: list[float] = []
    for sender in senders:
        sender.start()
    async with Redis.from_url(redis) as connection:
        for _ in range(30):
            for sender in senders:
                sender.wake()
            await asyncio.sleep(0.02)
        assert await connection.zcard(QUEUE) == 1
        listening = asyncio.create_task(listen(redis, lambda: heard.append(time.monotonic())))
        await until(lambda: bool(heard))
        for n in range(20):
            asked = time.monotonic()
            senders[n % 2].wake()
            await until(lambda asked=asked: heard[-1] >= asked)  # type: ignore[misc]
    for sender in senders:
        await sender.stop()
    listening.cancel()
    await asyncio.gather(listening, return_exceptions=True)
    assert [record.getMessage() for record in caplog.records] == []
