"""What workers do by the clock for personal data: erasures go on, retention, sealing, new keys."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from time import monotonic

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from app.core import schedule
from app.core.brand_secret import rewrap
from app.core.db import transaction
from app.personal import retention, scrub, sealing

JOB = "personal"
EVERY = timedelta(hours=1)
RETRY = timedelta(minutes=10)
"""When somebody else goes on, if the worker that has begun does not end."""

Step = Callable[[AsyncConnection, int], Awaitable[bool]]


async def begin_at_once(connection: AsyncConnection, brand_id: int) -> None:
    """Have a brand's turn come as soon as a worker looks."""
    await schedule.at_once(connection, brand_id, JOB)


async def due(pool: AsyncEngine) -> list[int]:
    """The brands whose turn it is, the longest overdue first."""
    async with transaction(pool) as connection:
        await schedule.enter(connection, JOB)
        return await schedule.due(connection, JOB)


async def tend(pool: AsyncEngine, brand_id: int, now: datetime, seconds: float = 10) -> bool:
    """Give a brand its turn, in small transactions; False where somebody else has it.

    What is not done after so many seconds goes on in the next turn.
    """
    async with transaction(pool, brand_id) as connection:
        turn = await schedule.hold(connection, brand_id, JOB)
        if turn is None or turn.next_due_at > now:
            return False
        await schedule.put(connection, brand_id, JOB, now + RETRY, None)
        await rewrap(connection, brand_id)
    until = monotonic() + seconds
    steps: list[Step] = [
        scrub.step,
        lambda connection, brand: sealing.step(connection, brand, now),
        lambda connection, brand: retention.step(connection, brand, now),
    ]
    while steps and monotonic() < until:
        async with transaction(pool, brand_id) as connection:
            if not await steps[0](connection, brand_id):
                del steps[0]
    async with transaction(pool, brand_id) as connection:
        # Held, so that an erasure that comes now is either seen here or puts the time itself.
        if await schedule.hold(connection, brand_id, JOB) is not None:
            erasing = await connection.scalar(
                text(
                    "SELECT EXISTS (SELECT FROM erasure"
                    " WHERE brand_id = :brand AND finished_at IS NULL)"
                ),
                {"brand": brand_id},
            )
            again = now if steps or erasing else now + EVERY
            await schedule.put(connection, brand_id, JOB, again, None)
    return True
