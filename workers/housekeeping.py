"""What is done every hour, by whichever worker comes by: old dead letters and dead rebuilds go."""

import asyncio

import structlog
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from app.core.db import transaction
from app.derive.beside import forget_dead
from app.ingest.dead_letters import forget_old

HOUR = 3600.0

log = structlog.get_logger()


async def keep_house(pool: AsyncEngine) -> None:
    """Tidy up now and every hour; doing it twice does no harm."""
    while True:
        try:
            async with transaction(pool) as connection:
                brands = (await connection.execute(text("SELECT brand_id FROM work_lease"))).all()
            for brand in brands:
                async with transaction(pool, brand.brand_id) as connection:
                    await forget_old(connection, brand.brand_id)
                    await forget_dead(connection, brand.brand_id)
        except Exception:
            log.exception("housekeeping_failed")
        await asyncio.sleep(HOUR)
