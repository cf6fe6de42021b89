"""What is done every hour, by whichever worker comes by: what is old or dead goes."""

import asyncio

import structlog
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from app.core.db import transaction
from app.crm import idempotency
from app.derive.beside import forget_dead
from app.exports.store import Store
from app.ingest.dead_letters import forget_old
from app.moves import delete
from app.outbound import log as webhook_log
from app.sheets.imports import tidy
from app.telemetry.numbers import doing

HOUR = 3600.0

log = structlog.get_logger()


async def keep_house(pool: AsyncEngine, store: Store) -> None:
    """Tidy up now and every hour; doing it twice does no harm."""
    while True:
        try:
            with doing("housekeeping"):
                await _tidy_up(pool, store)
        except Exception:
            log.exception("housekeeping_failed")
        await asyncio.sleep(HOUR)


async def _tidy_up(pool: AsyncEngine, store: Store) -> None:
    """Go through all brands once."""
    async with transaction(pool) as connection:
        brands = (await connection.execute(text("SELECT brand_id FROM work_lease"))).all()
    for brand in brands:
        async with transaction(pool, brand.brand_id) as connection:
            await idempotency.forget_old(connection, brand.brand_id)
            await forget_old(connection, brand.brand_id)
            await forget_dead(connection, brand.brand_id)
            await tidy(connection, brand.brand_id)
        await _webhooks(pool, brand.brand_id)
    await _departed(pool, store)


async def _webhooks(pool: AsyncEngine, brand_id: int) -> None:
    """Forget old messages, some in each transaction."""
    more = True
    while more:
        async with transaction(pool, brand_id) as connection:
            more = await webhook_log.forget(connection, brand_id)


async def _departed(pool: AsyncEngine, store: Store) -> None:
    """Go on with brands whose deletion broke off, and sweep after those that are gone."""
    async with transaction(pool) as connection:
        going = await delete.under_way(connection)
    for brand_id in going:
        async for table, gone in delete.rest(pool, brand_id):
            log.info("brand_deleted", brand_id=brand_id, table=table, rows=gone)
        await store.remove_brand(brand_id)
