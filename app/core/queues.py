"""How much waits in the queues, over all brands: read when somebody asks for the numbers."""

import asyncio
from collections.abc import Iterable
from time import monotonic
from typing import NamedTuple

import structlog
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from app.core.db import transaction
from app.core.sql import sql
from app.telemetry.numbers import REGISTRY

FRESH_SECONDS = 5.0
"""Who asks again within this time is told the same."""

PATIENCE_SECONDS = 3.0
MOST = 1_000_000
"""Rows are counted up to here, so that a long queue does not make the question long."""

log = structlog.get_logger()


class Depth(NamedTuple):
    """The rows of a queue and the age of its oldest in seconds; None where nothing waits."""

    queue: str
    rows: int
    seconds: float | None


async def depths(pool: AsyncEngine) -> list[Depth]:
    """Look through the queues of all brands."""
    async with transaction(pool) as connection:
        await connection.execute(text("SET LOCAL statement_timeout = '2s'"))
        rows = await connection.execute(sql("telemetry", "queues"), {"most": MOST})
        return [Depth(row.queue, row.rows, row.seconds) for row in rows]


class Queues(Collector):
    """Asked by the thread that answers for the numbers, it has the loop of the process look.

    All workers tell the same: of several the largest counts, not the sum.
    """

    def __init__(self, pool: AsyncEngine, loop: asyncio.AbstractEventLoop) -> None:
        self.pool = pool
        self.loop = loop
        self._known: list[Depth] = []
        self._until = 0.0

    def describe(self) -> Iterable[Metric]:
        """The names alone, without asking."""
        return self._families()

    def collect(self) -> Iterable[Metric]:
        """What waits; nothing but `hongqun_queues_readable` 0 where the database did not say."""
        rows, oldest, readable = families = self._families()
        if monotonic() >= self._until:
            try:
                asked = asyncio.run_coroutine_threadsafe(depths(self.pool), self.loop)
                self._known = asked.result(PATIENCE_SECONDS)
                self._until = monotonic() + FRESH_SECONDS
            except Exception as error:
                asked.cancel()
                self._known = []
                log.warning("queues_not_read", error=type(error).__name__)
        readable.add_metric([], bool(self._known))
        for depth in self._known:
            rows.add_metric([depth.queue], depth.rows)
            oldest.add_metric([depth.queue], depth.seconds or 0)
        return families

    @staticmethod
    def _families() -> tuple[GaugeMetricFamily, GaugeMetricFamily, GaugeMetricFamily]:
        return (
            GaugeMetricFamily(
                "hongqun_queue_rows", f"What waits, counted up to {MOST:,}", labels=["queue"]
            ),
            GaugeMetricFamily(
                "hongqun_queue_oldest_seconds", "How long the oldest waits", labels=["queue"]
            ),
            GaugeMetricFamily("hongqun_queues_readable", "1 where the queues could be read"),
        )


def tell_queues(pool: AsyncEngine) -> None:
    """Have the numbers of this process tell of the queues."""
    REGISTRY.register(Queues(pool, asyncio.get_running_loop()))
