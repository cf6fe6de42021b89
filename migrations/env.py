"""Runs migrations over asyncpg, one at a time: the database's advisory lock makes others wait."""

import asyncio

from alembic import context
from sqlalchemy import Connection, text

from app.core.db import open_pool
from app.core.settings import read
from app.models.tables import metadata

LOCK = 0x686F6E67
"""The advisory lock's key: "hong"."""


def migrate(connection: Connection) -> None:
    """Run what is missing; a lock on a table is waited for briefly, not for ever."""
    context.configure(connection=connection, target_metadata=metadata)
    with context.begin_transaction():
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": LOCK})
        connection.execute(text("SET LOCAL lock_timeout = '5s'"))
        connection.execute(text("SET LOCAL statement_timeout = 0"))
        context.run_migrations()


async def online() -> None:
    """Open one connection and migrate over it."""
    pool = open_pool(read(), "hongqun migrate")
    try:
        async with pool.connect() as connection:
            await connection.run_sync(migrate)
    finally:
        await pool.dispose()


asyncio.run(online())
