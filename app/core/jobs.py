"""The only file that knows arq: wake-ups from the web process to the workers.

A wake-up carries nothing. Attempts, leases and schedules live in PostgreSQL, and a worker's sweep
finds what no wake-up told of, so that losing all of Redis loses nothing.

There is one wake-up in Redis at most, whoever asks: jobs of their own heaped up behind a busy
worker, until each was too old by the time that it was read.
"""

import asyncio
import contextlib
from collections.abc import Callable
from typing import Any, cast

import msgspec
import structlog
from arq.connections import ArqRedis, RedisSettings, create_pool
from arq.typing import WorkerCoroutine
from arq.worker import Worker, func
from redis.asyncio import Redis
from redis.exceptions import RedisError

from app.telemetry.numbers import REDIS

QUEUE = "hongqun"
PAUSE_SECONDS = 0.1
"""Wake-ups within this time are sent as one; each costs a web process about 2 ms."""

LONGEST_PAUSE_SECONDS = 1.0
"""Between two tries while the one before waits for a worker."""

RETRY_SECONDS = 5.0

WAKE = "wake"
"""The job's function and its id."""

MOST_SECONDS = 5
"""Of a job; what a worker that was killed had begun stands in the way for ten more."""

log = structlog.get_logger()


def _settings(url: str) -> RedisSettings:
    settings = RedisSettings.from_dsn(url)
    settings.conn_timeout, settings.conn_retries = 1, 0
    return settings


class Waker:
    """Tells the workers that something was committed; never in the way of an answer."""

    def __init__(self, redis_url: str | None) -> None:
        self.redis_url = redis_url
        self.reachable = False
        self._asked = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to send; without an address nothing is sent, and the sweep does it all."""
        if self.redis_url is not None:
            self._task = asyncio.create_task(self._send())

    async def stop(self) -> None:
        """Stop sending."""
        # A timeout at the same moment may swallow the cancelling.
        while self._task is not None and not self._task.done():
            self._task.cancel()
            await asyncio.wait([self._task], timeout=1)

    def wake(self) -> None:
        """Ask for a wake-up; many within a moment become one."""
        self._asked.set()

    async def ping(self) -> bool:
        """Whether Redis answers now."""
        assert self.redis_url is not None
        redis = Redis.from_url(self.redis_url, socket_timeout=1, socket_connect_timeout=1)
        try:
            return bool(await redis.ping())
        except (TimeoutError, RedisError, OSError):
            return False
        finally:
            await redis.aclose()

    async def _send(self) -> None:
        redis: ArqRedis | None = None
        pause = PAUSE_SECONDS
        while True:
            try:
                if redis is None:
                    assert self.redis_url is not None
                    redis = await create_pool(
                        _settings(self.redis_url), default_queue_name=QUEUE, **_serializers()
                    )
                    self.reachable = True
                REDIS.labels("send").set(1)
                await self._asked.wait()
                self._asked.clear()
                if await redis.enqueue_job(WAKE, _job_id=WAKE) is not None:
                    pause = PAUSE_SECONDS
                else:
                    # One is waiting, or is being done: that worker may have looked already.
                    self._asked.set()
                    pause = min(2 * pause, LONGEST_PAUSE_SECONDS)
                await asyncio.sleep(pause)
            except (TimeoutError, RedisError, OSError) as error:
                if self.reachable or redis is None:
                    log.warning("redis_unreachable", error=type(error).__name__)
                self.reachable, redis = False, None
                REDIS.labels("send").set(0)
                await asyncio.sleep(RETRY_SECONDS)


def _serializers() -> dict[str, Any]:
    return {
        # Of a job that failed arq also writes down the exception.
        "job_serializer": msgspec.msgpack.Encoder(enc_hook=repr).encode,
        "job_deserializer": msgspec.msgpack.decode,
    }


async def listen(redis_url: str, on_wake: Callable[[], None]) -> None:
    """Call `on_wake` at each wake-up, through restarts of Redis, until cancelled."""

    async def wake(context: dict[Any, Any], *args: Any, **kwargs: Any) -> None:
        on_wake()

    # arq asks for a __qualname__ in its type, which a function has and Callable does not.
    job = func(cast(WorkerCoroutine, wake), name=WAKE, timeout=MOST_SECONDS)

    while True:
        worker: Worker | None = None
        try:
            redis = await create_pool(
                _settings(redis_url), default_queue_name=QUEUE, **_serializers()
            )
            worker = Worker(
                functions=[job],
                queue_name=QUEUE,
                redis_pool=redis,
                handle_signals=False,
                poll_delay=0.1,
                job_timeout=MOST_SECONDS,
                # A result that is kept would refuse the next wake-up.
                keep_result=0,
                health_check_interval=60,
                **_serializers(),
            )
            REDIS.labels("listen").set(1)
            await worker.async_run()
        except (TimeoutError, RedisError, OSError) as error:
            REDIS.labels("listen").set(0)
            log.warning("redis_unreachable", error=type(error).__name__)
        finally:
            if worker is not None:
                with contextlib.suppress(RedisError, OSError):
                    await worker.close()
        await asyncio.sleep(RETRY_SECONDS)
