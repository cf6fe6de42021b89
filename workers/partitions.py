"""Partitions made ahead, and detached by the retention settings, by whichever worker looks."""

import asyncio

import structlog
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from app.core.db import reason, transaction, unavailable
from app.core.partitions import PARTITIONED, detach_old, make_ahead, state
from app.core.settings import Settings
from app.telemetry.numbers import PARTITIONS_AHEAD, UNFORESEEN_ROWS, doing

EVERY_SECONDS = 600.0

log = structlog.get_logger()


async def keep_partitions(pool: AsyncEngine, settings: Settings) -> None:
    """Look now and every ten minutes; doing it twice, or by several workers, does no harm."""
    while True:
        for table in PARTITIONED:
            try:
                with doing("partitions"):
                    await look(pool, table, settings.months_of(table))
            except Exception as error:
                if unavailable(error):
                    log.warning("partitions_not_seen_to", table=table, error=reason(error))
                else:
                    log.exception("partitions_failed", table=table)
        await asyncio.sleep(EVERY_SECONDS)


async def look(pool: AsyncEngine, table: str, months: int | None) -> None:
    """See to the partitions of one table, and tell how they are."""
    async with transaction(pool) as connection:
        now = (await connection.execute(text("SELECT now()"))).scalar_one()
    try:
        if made := await make_ahead(pool, table, now):
            log.info("partitions_made", table=table, count=made)
        if months is not None:
            for part in await detach_old(pool, table, months, now):
                log.info("partition_detached", table=table, part=part)
    finally:
        ahead, unforeseen = await state(pool, table, now)
        PARTITIONS_AHEAD.labels(table).set(ahead)
        UNFORESEEN_ROWS.labels(table).set(unforeseen)
