"""Statistics for the planner, when a load has outrun autovacuum's minute.

A table of which more changed than twice what it held when it was last looked at is analysed at
once: until then plans are made for the small table that it was. Not so a queue: what is true of it
now is not in a moment, and who takes from it does not go by that.
"""

import asyncio
import time

import structlog
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from app.core.db import sqlstate, transaction

PAUSE_SECONDS = 3.0

OUTGROWN = """
SELECT s.relname
FROM pg_stat_user_tables AS s
JOIN pg_class AS c ON c.oid = s.relid
WHERE s.schemaname = current_schema()
    AND s.n_mod_since_analyze > 1000 + 2 * greatest(c.reltuples, 0)
    AND s.relname <> 'pending_event' AND s.relname NOT LIKE 'dirty\\_%'
ORDER BY s.relname
"""

ANALYSE = text("SELECT analyse_table(CAST(CAST(:table AS text) AS regclass))")
"""A worker owns no table; the function is the owner's."""

log = structlog.get_logger()


class Statistics:
    """Keeps the statistics of outgrown tables fresh; cheap to ask often."""

    def __init__(self, pool: AsyncEngine) -> None:
        self.pool = pool
        self._next = 0.0
        self._task: asyncio.Task[None] | None = None

    def refresh_beside(self) -> None:
        """See to it beside the work of the brands, none of which is to wait for it."""
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self.refresh())

    async def refresh(self) -> None:
        """Analyse what has outgrown its statistics, every few seconds at most."""
        if time.monotonic() < self._next:
            return
        self._next = time.monotonic() + PAUSE_SECONDS
        try:
            async with transaction(self.pool) as connection:
                tables = (await connection.execute(text(OUTGROWN))).scalars().all()
            for table in tables:
                async with transaction(self.pool) as connection:
                    # Another worker or autovacuum may be at it: then it need not be done twice.
                    await connection.execute(ANALYSE, {"table": table})
        except Exception as error:
            # Only the speed of questions hangs on it.
            log.warning("analyze_failed", sqlstate=sqlstate(error), error=type(error).__name__)
