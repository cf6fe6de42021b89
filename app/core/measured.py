"""What a pool's connections tell of themselves: waits, sizes, commits, errors by SQLSTATE."""

import logging
from collections.abc import Iterable
from time import perf_counter
from typing import Any
from weakref import WeakSet

import asyncpg
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector
from sqlalchemy import event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.pool import AsyncAdaptedQueuePool

from app.telemetry.numbers import DATABASE_ERRORS, POOL_TIMEOUTS, POOL_WAIT_SECONDS, REGISTRY

COUNTED = "_hongqun_counted"
"""Marks an error that passes by several places where errors are counted."""


# As SQLAlchemy does with its own: what a pool says in passing is not for the log.
logging.getLogger(__name__).setLevel(logging.WARNING)


class MeasuredPool(AsyncAdaptedQueuePool):
    """A pool that says how long it was waited for; its name is `logging_name`."""

    def __init__(self, *args: Any, **given: Any) -> None:
        super().__init__(*args, **given)
        self._waits = POOL_WAIT_SECONDS.labels(self.logging_name)

    def _do_get(self) -> Any:
        began = perf_counter()
        try:
            return super()._do_get()
        except PoolTimeoutError:
            POOL_TIMEOUTS.labels(self.logging_name).inc()
            raise
        except (OSError, asyncpg.PostgresError) as error:
            count_error(error)
            raise
        finally:
            self._waits.observe(perf_counter() - began)


class Pools(Collector):
    """The sizes of the pools of this process, at the time they are asked for."""

    def __init__(self) -> None:
        self._engines: WeakSet[Any] = WeakSet()

    def watch(self, engine: AsyncEngine) -> None:
        """Tell of this pool as long as it is there, and count the errors of its statements."""
        self._engines.add(engine.sync_engine)
        event.listen(engine.sync_engine, "handle_error", _on_error)

    def describe(self) -> Iterable[Metric]:
        """The names alone, without asking."""
        return self._families()

    def collect(self) -> Iterable[Metric]:
        """How many connections each pool may have, has, and has lent."""
        size, opened, used = families = self._families()
        of: dict[str, list[int]] = {}
        for engine in list(self._engines):
            pool = engine.pool
            lent = pool.checkedout()
            counts = of.setdefault(pool.logging_name, [0, 0, 0])
            for n, count in enumerate((pool.size(), lent + pool.checkedin(), lent)):
                counts[n] += count
        for name, counts in of.items():
            for family, count in zip((size, opened, used), counts, strict=True):
                family.add_metric([name], count)
        return families

    @staticmethod
    def _families() -> tuple[GaugeMetricFamily, GaugeMetricFamily, GaugeMetricFamily]:
        return (
            GaugeMetricFamily("hongqun_pool_size", "Most connections of a pool", labels=["pool"]),
            GaugeMetricFamily("hongqun_pool_open", "Open connections of a pool", labels=["pool"]),
            GaugeMetricFamily("hongqun_pool_in_use", "Connections in use", labels=["pool"]),
        )


def count_error(error: BaseException) -> None:
    """Count an error of the database by its SQLSTATE, once however often it is met."""
    original = error.orig if isinstance(error, DBAPIError) else error
    cause = getattr(original, "__cause__", None)
    raw = cause if isinstance(getattr(cause, "sqlstate", None), str) else original
    state = getattr(raw, "sqlstate", None)
    if raw is None or getattr(raw, COUNTED, False):
        return
    DATABASE_ERRORS.labels(state if isinstance(state, str) else "none").inc()
    setattr(raw, COUNTED, True)


def _on_error(context: Any) -> None:
    if isinstance(context.sqlalchemy_exception, DBAPIError):
        count_error(context.sqlalchemy_exception)


POOLS = Pools()
REGISTRY.register(POOLS)
