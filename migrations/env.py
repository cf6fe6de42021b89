"""Runs migrations over asyncpg, one at a time: the database's advisory lock makes others wait.

A connection of its own holds that lock, since a migration may end its transaction and go on in
another one.
"""

import asyncio

import msgspec
from alembic import context
from sqlalchemy import Connection, text

from app.core.db import open_pool
from app.core.schema import without_partitions
from app.core.settings import read
from app.models.tables import metadata

LOCK = 0x686F6E67
"""The advisory lock's key: "hong"."""

DAY_MS = 86_400_000
"""How long a statement over all of a large table may take."""


def migrate(connection: Connection) -> None:
    """Run what is missing; a lock on a table is waited for briefly, not for ever."""
    context.configure(
        connection=connection,
        target_metadata=metadata,
        include_name=without_partitions(connection),
    )
    with context.begin_transaction():
        connection.execute(text("SET LOCAL lock_timeout = '5s'"))
        connection.execute(text("SET LOCAL statement_timeout = 0"))
        context.run_migrations()


async def online() -> None:
    """Wait for the lock, open a connection and migrate over it."""
    settings = msgspec.structs.replace(read(), pool_size=2, statement_timeout_ms=DAY_MS)
    pool = open_pool(settings, "hongqun migrate")
    try:
        async with pool.connect() as guard, guard.begin(), pool.connect() as connection:
            for limit in ("lock_timeout", "idle_in_transaction_session_timeout"):
                await guard.execute(text(f"SET LOCAL {limit} = 0"))
            await guard.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": LOCK})
            await connection.run_sync(migrate)
    finally:
        await pool.dispose()


asyncio.run(online())
