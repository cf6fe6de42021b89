"""What workers do by the clock for files of exports: they go when their time is over, or when they
name somebody who was erased; and what attempts left behind goes.
"""

from datetime import datetime, timedelta

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from app.core import schedule
from app.core.db import transaction
from app.core.sql import sql
from app.exports import erased
from app.exports.store import Store
from app.personal.listed import JOB

EVERY = timedelta(hours=1)
RETRY = timedelta(minutes=5)
"""When somebody goes on where the worker that has begun does not end, or the store is away."""


async def due(pool: AsyncEngine) -> list[int]:
    """The brands whose turn it is, the longest overdue first."""
    async with transaction(pool) as connection:
        await schedule.enter(connection, JOB)
        return await schedule.due(connection, JOB)


async def tend(pool: AsyncEngine, store: Store, brand_id: int) -> bool:
    """Give a brand its turn; False where somebody else has it.

    Raises:
        StoreAway: where the store cannot be reached; it is tried again.
    """
    async with transaction(pool, brand_id) as connection:
        turn = await schedule.hold(connection, brand_id, JOB)
        now: datetime = (await connection.execute(text("SELECT now()"))).scalar_one()
        if turn is None or turn.next_due_at > now:
            return False
        await schedule.put(connection, brand_id, JOB, now + RETRY, None)
    await erased.look(pool, store, brand_id)
    async with transaction(pool, brand_id) as connection:
        await connection.execute(sql("exports", "expire"), {"brand": brand_id})
    await _remove(pool, store, brand_id)
    await store.tidy(brand_id)
    async with transaction(pool, brand_id) as connection:
        # Held, so that an erasure that comes now is either seen here or puts the time itself.
        if await schedule.hold(connection, brand_id, JOB) is not None:
            marked = await connection.scalar(
                text(
                    "SELECT EXISTS (SELECT FROM export WHERE brand_id = :brand"
                    " AND state = 'done' AND erased_at IS NOT NULL AND removed_at IS NULL)"
                ),
                {"brand": brand_id},
            )
            await schedule.put(connection, brand_id, JOB, now if marked else now + EVERY, None)
    return True


async def _remove(pool: AsyncEngine, store: Store, brand_id: int) -> None:
    """Remove the files of exports whose rows say so already; then these say that it is done."""
    async with transaction(pool, brand_id) as connection:
        found = await connection.execute(
            text(
                "SELECT export_id, prefix FROM export WHERE brand_id = :brand"
                " AND state = 'done' AND removed_at IS NOT NULL AND prefix IS NOT NULL"
            ),
            {"brand": brand_id},
        )
        rows = found.all()
    for row in rows:
        await store.remove(row.prefix)
        async with transaction(pool, brand_id) as connection:
            await connection.execute(
                text(
                    "UPDATE export SET prefix = NULL"
                    " WHERE brand_id = :brand AND export_id = :id AND removed_at IS NOT NULL"
                ),
                {"brand": brand_id, "id": row.export_id},
            )
