"""The door to PostgreSQL: one pool a process, one transaction a request or job.

Each transaction is of one brand: row-level security shows it the rows of no other.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from contextvars import ContextVar
from time import perf_counter
from typing import Any

import asyncpg
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from app.core.measured import POOLS, MeasuredPool, count_error
from app.core.settings import Settings
from app.core.walls import check_role
from app.telemetry.numbers import COMMIT_SECONDS

RETRY = {"40001", "40P01", "55P03", "57P01", "57P02", "57P03"}
"""SQLSTATEs of failures that are nobody's fault: the same transaction may succeed next time."""

FULL = {"53100", "53200", "53300"}
"""SQLSTATEs of a server that has no room now: disk, memory or connections."""

before_commit: ContextVar[Callable[[AsyncConnection], Awaitable[None]] | None] = ContextVar(
    "before_commit", default=None
)
"""What the present request does in each of its transactions before that is committed."""

SET_BRAND = text("SELECT set_config('app.brand', :brand, true)")


class NotCommitted(Exception):
    """A transaction ended without its commit, after an error that somebody passed over."""


class Walled(asyncpg.Connection):  # type: ignore[misc]
    """A connection whose transactions are of `brand`, told with BEGIN in one round trip.

    Its errors and commits are counted also where asyncpg is used without SQLAlchemy.
    """

    brand: int | None = None
    commits: Any = None

    async def execute(self, query: str, *args: Any, **options: Any) -> str:
        """As asyncpg does; it begins and commits each transaction by this."""
        if self.brand is not None and query.startswith("BEGIN"):
            query = f"{query} SET LOCAL app.brand = '{self.brand:d}';"
        began = perf_counter()
        try:
            status: str = await super().execute(query, *args, **options)
        except asyncpg.PostgresError as error:
            count_error(error)
            raise
        if query.startswith("COMMIT"):
            self.commits.observe(perf_counter() - began)
        return status

    async def fetch(self, *args: Any, **options: Any) -> Any:
        """As asyncpg does."""
        try:
            return await super().fetch(*args, **options)
        except asyncpg.PostgresError as error:
            count_error(error)
            raise

    async def copy_from_query(self, *args: Any, **options: Any) -> Any:
        """As asyncpg does."""
        try:
            return await super().copy_from_query(*args, **options)
        except asyncpg.PostgresError as error:
            count_error(error)
            raise


def open_pool(settings: Settings, application: str, *, walled: bool = False) -> AsyncEngine:
    """Make the pool; no connection is opened yet.

    A walled one opens none as a role that row-level security does not hold (NotWalled).
    The address is handed to asyncpg as it is, so every form that libpq takes is fine.
    """
    dsn = settings.database.replace("postgresql+asyncpg://", "postgresql://", 1)
    server_settings = {
        "application_name": application,
        "timezone": "UTC",
        "statement_timeout": str(settings.statement_timeout_ms),
        "idle_in_transaction_session_timeout": "60000",
        "lock_timeout": "10000",
        "jit": "off",
        # A generic plan made while a table was small stays for hours: always plan for what is.
        "plan_cache_mode": "force_custom_plan",
    }

    commits = COMMIT_SECONDS.labels(application)

    async def connect() -> Any:
        opened = await asyncpg.connect(
            dsn,
            timeout=5,
            command_timeout=settings.statement_timeout_ms / 1000 + 5,
            server_settings=server_settings,
            connection_class=Walled,
        )
        opened.commits = commits
        if walled:
            try:
                await check_role(opened)
            except BaseException:
                opened.terminate()
                raise
        return opened

    pool = create_async_engine(
        "postgresql+asyncpg://",
        async_creator=connect,
        poolclass=MeasuredPool,
        pool_logging_name=application,
        pool_size=settings.pool_size,
        max_overflow=0,
        pool_timeout=2,
        pool_pre_ping=True,
        # Errors are logged: without this they would carry what people wrote and their numbers.
        hide_parameters=True,
    )
    POOLS.watch(pool)
    return pool


@asynccontextmanager
async def session(pool: AsyncEngine, brand_id: int | None) -> AsyncIterator[AsyncConnection]:
    """One connection whose transactions are all of one brand; the caller ends each of them."""
    async with pool.connect() as connection:
        with of_brand(connection, brand_id):
            yield connection


@contextmanager
def of_brand(connection: AsyncConnection, brand_id: int | None) -> Iterator[None]:
    """Transactions of this connection that begin within the block are of this brand."""
    walled = _of_driver(connection)
    walled.brand = brand_id
    try:
        yield
    finally:
        walled.brand = None


@asynccontextmanager
async def transaction(
    pool: AsyncEngine, brand_id: int | None = None
) -> AsyncIterator[AsyncConnection]:
    """One transaction of a brand, committed when the block ends and before anything is answered.

    Without a brand it sees no row of any, but for what the worker's role may look through.
    """
    async with session(pool, brand_id) as connection, connection.begin():
        yield connection
        if (act := before_commit.get()) is not None:
            await act(connection)


@asynccontextmanager
async def straight(connection: AsyncConnection, brand_id: int) -> AsyncIterator[None]:
    """A transaction of a brand that asyncpg itself begins and commits: for what happens at a rate
    at which SQLAlchemy's part shows. The connection must be one of AUTOCOMMIT.
    """
    raw = _of_driver(connection)
    with of_brand(connection, brand_id):
        try:
            # What is said here a thousand times a second does not depend on what tables hold.
            await raw.execute("BEGIN; SET LOCAL plan_cache_mode = force_generic_plan;")
            yield
            if await raw.execute("COMMIT") != "COMMIT":
                raise NotCommitted
        except BaseException:
            if raw.is_closed():
                await connection.invalidate()
            elif raw.is_in_transaction():
                await raw.execute("ROLLBACK")
            raise


async def driver(connection: AsyncConnection) -> Any:
    """asyncpg's own connection, within the transaction that this one is in."""
    raw = _of_driver(connection)
    if not raw.is_in_transaction():
        # SQLAlchemy begins a transaction with its first statement.
        await connection.execute(text("SELECT"))
    return raw


def _of_driver(connection: AsyncConnection) -> Any:
    assert connection.sync_connection is not None
    return connection.sync_connection.connection.driver_connection


async def enter(connection: AsyncConnection, brand_id: int) -> None:
    """Make the rest of a transaction one of this brand, which nobody knew when it began."""
    await connection.execute(SET_BRAND, {"brand": str(brand_id)})


def sqlstate(error: BaseException) -> str | None:
    """The SQLSTATE behind an exception, or None where there is none."""
    original = error.orig if isinstance(error, DBAPIError) else error
    for candidate in (original, getattr(original, "__cause__", None)):
        state = getattr(candidate, "sqlstate", None)
        if isinstance(state, str):
            return state
    return None


def unavailable(error: BaseException) -> bool:
    """Whether the database could not be reached or had no room: a 503, not a fault of ours."""
    if isinstance(error, PoolTimeoutError | OSError | TimeoutError):
        return True
    if isinstance(error, asyncpg.InterfaceError | asyncpg.PostgresConnectionError):
        return True
    if isinstance(error, DBAPIError) and error.connection_invalidated:
        return True
    state = sqlstate(error)
    if state is not None:
        return state.startswith("08") or state in FULL or state in RETRY or state == "57014"
    if isinstance(error, DBAPIError):
        cause = error.orig.__cause__ if error.orig is not None else None
        return isinstance(cause, OSError | asyncpg.InterfaceError)
    return False
