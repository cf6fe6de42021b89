"""Every number that a process counts, on one page; they are read at its port as Prometheus asks.

No label names a brand, a source, a person or anything else that a client may invent: what grows
with them would fill the memory of whoever collects. Per brand `GET /v1/status` tells. Nor is one
called `job` or `instance`, which are Prometheus's own. What an alarm waits for begins at 0.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from time import perf_counter
from typing import Protocol

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    PlatformCollector,
    ProcessCollector,
    disable_created_metrics,
)

SHORT = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
LONG = (0.01, 0.1, 0.5, 1.0, 5.0, 15.0, 60.0, 300.0, 900.0, 3_600.0)
ROWS = (1, 2, 5, 10, 25, 50, 100, 250, 500, 1_000, 2_000, 5_000)

NO_ROUTE = "none"
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})

REGISTRY = CollectorRegistry(auto_describe=True)
disable_created_metrics()  # type: ignore[no-untyped-call]
ProcessCollector(registry=REGISTRY)
PlatformCollector(registry=REGISTRY)

BUILD = Gauge(
    "hongqun_build_info",
    "1; the release, and whether the process is web or worker",
    ["version", "process"],
    registry=REGISTRY,
)

REQUESTS = Counter(
    "hongqun_http_requests_total",
    "Answered requests; route is the path's template, or none where there is no such route",
    ["method", "route", "status"],
    registry=REGISTRY,
)
REQUEST_SECONDS = Histogram(
    "hongqun_http_request_seconds",
    "From the head of a request to the end of its answer",
    ["method", "route"],
    buckets=SHORT,
    registry=REGISTRY,
)
IN_FLIGHT = Gauge(
    "hongqun_http_requests_in_flight", "Requests that are being answered", registry=REGISTRY
)

INTAKE_EVENTS = Counter(
    "hongqun_intake_events_total",
    "Events that came by HTTP, counted after their commit: accepted, duplicate or rejected",
    ["outcome"],
    registry=REGISTRY,
)
INTAKE_GROUP = Histogram(
    "hongqun_intake_commit_requests", "Requests of a transaction", buckets=ROWS, registry=REGISTRY
)
INTAKE_BATCH = Histogram(
    "hongqun_intake_batch_events", "Events of a request", buckets=ROWS, registry=REGISTRY
)
DEAD_LETTERS = Counter(
    "hongqun_dead_letters_total",
    "What became a dead letter, by why; the same text sent again counts again",
    ["code"],
    registry=REGISTRY,
)

COMMIT_SECONDS = Histogram(
    "hongqun_database_commit_seconds",
    "How long COMMIT took",
    ["pool"],
    buckets=SHORT,
    registry=REGISTRY,
)
DATABASE_ERRORS = Counter(
    "hongqun_database_errors_total",
    "Errors of the database by SQLSTATE; none where the connection failed without one",
    ["sqlstate"],
    registry=REGISTRY,
)
POOL_WAIT_SECONDS = Histogram(
    "hongqun_pool_wait_seconds",
    "How long it took to get a connection from the pool, opening one included",
    ["pool"],
    buckets=SHORT,
    registry=REGISTRY,
)
POOL_TIMEOUTS = Counter(
    "hongqun_pool_timeouts_total",
    "Waits for a connection that were given up",
    ["pool"],
    registry=REGISTRY,
)

PUMP_ROWS = Histogram(
    "hongqun_pump_batch_rows",
    "Rows of a queue taken by a batch: events (project), customers (derive), sums (count_sums)",
    ["stage"],
    buckets=ROWS,
    registry=REGISTRY,
)
PUMP_SECONDS = Histogram(
    "hongqun_pump_batch_seconds",
    "How long a batch took, its commit included",
    ["stage"],
    buckets=SHORT,
    registry=REGISTRY,
)
PUMP_FAILURES = Counter(
    "hongqun_pump_failures_total",
    "Batches that failed and are tried again in smaller ones",
    ["stage"],
    registry=REGISTRY,
)
TURNS = Counter(
    "hongqun_pump_turns_total",
    "Turns of brands: served, held (by another worker), lost (to another worker), failed",
    ["outcome"],
    registry=REGISTRY,
)

JOBS = Counter(
    "hongqun_jobs_total",
    "Jobs beside the queues, by how they ended",
    ["kind", "outcome"],
    registry=REGISTRY,
)
JOB_SECONDS = Histogram(
    "hongqun_job_seconds", "How long a job took", ["kind"], buckets=LONG, registry=REGISTRY
)
VERIFY_DIFFERENCES = Counter(
    "hongqun_verify_differences_total",
    "Derived rows that a nightly check found wrong: faults of ours",
    registry=REGISTRY,
)

PARTITIONS_AHEAD = Gauge(
    "hongqun_partitions_ahead",
    "Partitions of months that have not begun",
    ["table"],
    registry=REGISTRY,
)
UNFORESEEN_ROWS = Gauge(
    "hongqun_partitions_unforeseen_rows",
    "Rows in the default partition, which no month's was there for, counted up to 1,000,000",
    ["table"],
    registry=REGISTRY,
)

REDIS = Gauge(
    "hongqun_redis_up",
    "1 where Redis answered at the last wake-up, 0 where it did not; nothing where none is set",
    ["use"],
    registry=REGISTRY,
)

for _outcome in ("accepted", "duplicate", "rejected"):
    INTAKE_EVENTS.labels(_outcome)
DEAD_LETTERS.labels("projection_failed")
for _outcome in ("served", "held", "lost", "failed"):
    TURNS.labels(_outcome)
for _stage in ("project", "derive", "count_sums"):
    PUMP_ROWS.labels(_stage), PUMP_SECONDS.labels(_stage), PUMP_FAILURES.labels(_stage)


class Received(Protocol):
    """What became of the events of a request."""

    @property
    def accepted(self) -> int: ...
    @property
    def duplicates(self) -> int: ...
    @property
    def rejected(self) -> Sequence["Refused"]: ...


class Refused(Protocol):
    """Why an event was not accepted."""

    @property
    def code(self) -> str: ...


@cache
def _of_route(method: str, route: str) -> Histogram:
    return REQUEST_SECONDS.labels(method, route)


@cache
def _answers(method: str, route: str, status: int) -> Counter:
    return REQUESTS.labels(method, route, status or "none")


def count_request(method: str, route: str, status: int, seconds: float) -> None:
    """Count a request of a known route; status 0 where nobody waited for its answer."""
    _answers(method, route, status).inc()
    _of_route(method, route).observe(seconds)


def count_unrouted(method: str, status: int) -> None:
    """Count a request for a route that there is not; its method may be an invention, too."""
    REQUESTS.labels(method if method in METHODS else "other", NO_ROUTE, status).inc()


def count_intake(receipt: Received) -> None:
    """Count the events of a request that is committed."""
    rejected = len(receipt.rejected)
    _accepted.inc(receipt.accepted)
    _duplicate.inc(receipt.duplicates)
    INTAKE_BATCH.observe(receipt.accepted + receipt.duplicates + rejected)
    if rejected:
        INTAKE_EVENTS.labels("rejected").inc(rejected)
        for each in receipt.rejected:
            DEAD_LETTERS.labels(each.code).inc()


_accepted, _duplicate = INTAKE_EVENTS.labels("accepted"), INTAKE_EVENTS.labels("duplicate")


class Batch:
    """A batch of a stage; `rows` is how many rows of its queue it has taken."""

    rows: int = 0


@contextmanager
def batch(stage: str) -> Iterator[Batch]:
    """Measure a batch to its commit; one that finds nothing to do, or fails, is none."""
    one, began = Batch(), perf_counter()
    yield one
    if one.rows:
        PUMP_ROWS.labels(stage).observe(one.rows)
        PUMP_SECONDS.labels(stage).observe(perf_counter() - began)


class Job:
    """A job that is being done; who does it says how it ended."""

    outcome: str = "done"


@contextmanager
def doing(job: str) -> Iterator[Job]:
    """Time a job and count how it ended: as was said, `failed` by an error, `interrupted` by the
    end of the process.
    """
    one, began = Job(), perf_counter()
    try:
        yield one
    except BaseException as error:
        one.outcome = "failed" if isinstance(error, Exception) else "interrupted"
        raise
    finally:
        JOBS.labels(job, one.outcome).inc()
        JOB_SECONDS.labels(job).observe(perf_counter() - began)
