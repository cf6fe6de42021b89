"""How many connections the processes may open, and whether the server has room for them."""

from sqlalchemy import text

from app.core.db import open_pool, pooled, transaction
from app.core.settings import Settings

SEGMENTS, EXPORTS = 1, 5
"""What a worker opens beside its pool: for segments, and for exports."""

COMMANDS = 10
"""What is left for commands, backups and whoever looks."""


def of_web(settings: Settings) -> int:
    """The most that one web process opens."""
    return settings.pool_size


def of_worker(settings: Settings) -> int:
    """The most that one worker opens."""
    return settings.pool_size + SEGMENTS + EXPORTS


def most(settings: Settings) -> int:
    """The most that all processes of these settings open."""
    return settings.web_processes * of_web(settings) + settings.workers * of_worker(settings)


async def want(settings: Settings, wanted: int) -> str | None:
    """What to tell where the server has no room for so many connections; None where it has.

    Behind a pooler they are the pooler's to share out.
    """
    pool = open_pool(settings, "hongqun cli")
    try:
        async with transaction(pool) as connection:
            if pooled(connection):
                return None
            row = await connection.execute(
                text(
                    "SELECT current_setting('max_connections')::integer"
                    " - current_setting('superuser_reserved_connections')::integer"
                )
            )
            room = int(row.scalar_one())
    finally:
        await pool.dispose()
    if wanted <= room:
        return None
    return (
        f"the processes of here open up to {wanted} connections, and the server allows {room}:"
        " raise its max_connections, lower HONGQUN_POOL_SIZE, or put PgBouncer in between"
    )
