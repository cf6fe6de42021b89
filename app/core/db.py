"""The door to PostgreSQL: one pool a process, one transaction a request or job.

Each transaction is of one brand: row-level security shows it the rows of no other.
"""

import math
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, nullcontext
from contextvars import ContextVar
from typing import Any
from weakref import WeakKeyDictionary

import asyncpg
from sqlalchemy import event, text
from sqlalchemy.exc import DBAPIError, DisconnectionError, InvalidRequestError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.util import await_only

from app.core.measured import POOLS, MeasuredPool
from app.core.pooler import Front
from app.core.settings import Settings
from app.core.shares import Shares
from app.core.walled import Walled
from app.core.walls import check_role
from app.telemetry.numbers import COMMIT_SECONDS

RETRY = {"40001", "40P01", "55P03", "57P01", "57P02", "57P03"}
"""SQLSTATEs of failures that are nobody's fault: the same transaction may succeed next time."""

FULL = {"53100", "53200", "53300"}
"""SQLSTATEs of a server that has no room now: disk, memory or connections."""

BROKEN = asyncpg.InterfaceError | asyncpg.PostgresConnectionError | asyncpg.InternalClientError
"""What asyncpg raises where a connection is gone, and by its InternalClientError where the server's
farewell was read and the end of the line was not yet."""

before_commit: ContextVar[Callable[[AsyncConnection], Awaitable[None]] | None] = ContextVar(
    "before_commit", default=None
)
"""What the present request does in each of its transactions before that is committed."""

SET_BRAND = text("SELECT set_config('app.brand', :brand, true)")


class NotCommitted(Exception):
    """A transaction ended without its commit, after an error that somebody passed over."""


class Lost(Exception):
    """The connection broke within a transaction; whether a commit was still heard is not known."""


WAIT_SECONDS = 2
"""How long a transaction waits for a connection."""

IDLE_SECONDS = 5
"""A connection that lay idle for so long is asked whether it is alive before it is used."""

SHARES: WeakKeyDictionary[AsyncEngine, Shares] = WeakKeyDictionary()
"""The shares of brands in the pools that have them."""


def open_pool(
    settings: Settings, application: str, *, walled: bool = False, shared: bool = False
) -> AsyncEngine:
    """Make the pool; no connection is opened yet.

    A walled one opens none as a role that row-level security does not hold (NotWalled). Of a
    shared one no brand can hold all connections.
    The address is handed to asyncpg as it is, so every form that libpq takes is fine.
    """
    dsn = settings.database.replace("postgresql+asyncpg://", "postgresql://", 1)
    server_settings = {
        "statement_timeout": str(settings.statement_timeout_ms),
        "idle_in_transaction_session_timeout": "60000",
        "lock_timeout": "10000",
        "jit": "off",
        # A generic plan made while a table was small stays for hours: always plan for what is.
        "plan_cache_mode": "force_custom_plan",
    }
    front = Front(application, server_settings)

    commits = COMMIT_SECONDS.labels(application)

    async def open_one(**options: Any) -> Any:
        return await asyncpg.connect(
            dsn,
            timeout=5,
            command_timeout=settings.statement_timeout_ms / 1000 + 5,
            connection_class=Walled,
            **options,
        )

    async def connect() -> Any:
        opened = await front.open(open_one)
        opened.commits = commits
        if walled:
            try:
                async with opened.transaction():
                    await check_role(opened)
            except BaseException:
                opened.terminate()
                raise
        return opened

    def creator() -> Any:
        dbapi: Any = pool.dialect.dbapi
        opened = await_only(connect())

        async def given() -> Any:
            return opened

        size = 0 if opened.pooled else 100
        return dbapi.connect(async_creator_fn=given, prepared_statement_cache_size=size)

    pool = create_async_engine(
        "postgresql+asyncpg://",
        creator=creator,
        poolclass=MeasuredPool,
        # The one used last knows the statements; in turn each would be as cold as the rest.
        pool_use_lifo=True,
        pool_logging_name=application,
        pool_size=settings.pool_size,
        max_overflow=0,
        pool_timeout=WAIT_SECONDS,
        # Errors are logged: without this they would carry what people wrote and their numbers.
        hide_parameters=True,
    )
    POOLS.watch(pool)
    event.listen(pool.sync_engine, "checkout", _look)
    event.listen(pool.sync_engine, "checkin", _left)
    if shared:
        SHARES[pool] = Shares(settings.pool_size, WAIT_SECONDS)
    return pool


def _look(connection: Any, record: Any, fairy: Any) -> None:
    """See that a connection is alive before it is used: the end of one that was closed has been
    read, and only of one that lay idle the server is asked.

    Raises:
        DisconnectionError: where it is not; then the pool opens another.
    """
    try:
        alive = not connection.driver_connection.is_closed()
        if alive and time.monotonic() - record.info.get("left", math.inf) > IDLE_SECONDS:
            connection.ping()
    except Exception:
        alive = False
    if not alive:
        raise DisconnectionError


def _left(connection: Any, record: Any) -> None:
    record.info["left"] = time.monotonic()


@asynccontextmanager
async def session(pool: AsyncEngine, brand_id: int | None) -> AsyncIterator[AsyncConnection]:
    """One connection whose transactions are all of one brand; the caller ends each of them."""
    shares = SHARES.get(pool)
    mine = nullcontext() if shares is None else shares.one(brand_id)
    async with mine, pool.connect() as connection:
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

    Raises:
        Lost: where the connection broke, whatever the driver made of that; it cannot be used again.
    """
    raw = _of_driver(connection)
    with of_brand(connection, brand_id):
        try:
            # What is said here a thousand times a second does not depend on what tables hold.
            await raw.execute("BEGIN; SET LOCAL plan_cache_mode = force_generic_plan;")
            yield
            if await raw.execute("COMMIT") != "COMMIT":
                raise NotCommitted
        except BaseException as error:
            if await _rolled_back(raw, error):
                raise
            raw.terminate()
            await connection.invalidate()
            if isinstance(error, Exception):
                raise Lost from error
            raise


async def _rolled_back(raw: Any, error: BaseException) -> bool:
    """End a transaction after an error; whether the connection can go on."""
    if raw.is_closed() or isinstance(error, asyncpg.InternalClientError):
        return False
    try:
        if raw.is_in_transaction():
            await raw.execute("ROLLBACK")
    except Exception:
        return False
    return not raw.is_closed()


async def driver(connection: AsyncConnection) -> Any:
    """asyncpg's own connection, within the transaction that this one is in."""
    raw = _of_driver(connection)
    if not raw.is_in_transaction():
        # SQLAlchemy begins a transaction with its first statement.
        await connection.execute(text("SELECT"))
    return raw


def _of_driver(connection: AsyncConnection) -> Any:
    assert connection.sync_connection is not None
    if connection.invalidated:  # SQLAlchemy would open another one, here where it cannot
        raise Lost
    return connection.sync_connection.connection.driver_connection


def pooled(connection: AsyncConnection) -> bool:
    """Whether a pooler stands before the server, so that a session may end with a transaction."""
    return bool(_of_driver(connection).pooled)


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


def reason(error: BaseException) -> str:
    """Why the database is away, for the log: what is to be done, or else the error's name."""
    if sqlstate(error) == "53300":
        return (
            "the server has no connection left (53300): raise its max_connections, lower"
            " HONGQUN_POOL_SIZE, or put PgBouncer in between"
        )
    return type(error).__name__


def unavailable(error: BaseException) -> bool:
    """Whether the database could not be reached or had no room: a 503, not a fault of ours."""
    if isinstance(error, PoolTimeoutError | OSError | TimeoutError | Lost):
        return True
    if isinstance(error, DBAPIError):
        if error.connection_invalidated:
            return True
        cause = error.orig.__cause__ if error.orig is not None else None
    else:
        cause = error
    if isinstance(cause, asyncpg.DataError):
        return False  # a value that the driver cannot say: no server was asked
    if isinstance(cause, OSError | BROKEN):
        return True
    state = sqlstate(error)
    if state is not None:
        return state.startswith("08") or state in FULL or state in RETRY or state == "57014"
    # What a pool says where one connection after the other was gone once it was opened.
    return type(error) is InvalidRequestError and "connection is closed" in str(error)
