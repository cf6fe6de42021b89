"""What is done by the clock: closed periods are kept; at night RFM is cut and rows are checked;
personal data is looked after.

Each worker looks every SWEEP_SECONDS; the schedule in the database says what is due, so it is
done once however many workers there are, and after an outage it is caught up. It runs beside the
pump on a connection of its own, and rests longer than it works.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime

import structlog
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from app.core.backlog import backlog
from app.core.db import reason, sqlstate, transaction, unavailable
from app.crm import rfm
from app.derive import nightly
from app.kept import keep
from app.personal import upkeep
from app.telemetry import traces
from app.telemetry.numbers import doing

SWEEP_SECONDS = 30.0

TURN_SECONDS = 10
"""How long a brand is kept before the others have their turn."""

REST = 3
"""How many times as long as it worked a brand's keeping rests before it goes on."""

FRESH_SECONDS = 5
"""A brand is kept when nothing older than this is pending: not in the middle of a load."""

TIMEOUT = "57014"
"""The SQLSTATE of a statement that was cancelled for its time."""

log = structlog.get_logger()


async def run_by_the_clock(pool: AsyncEngine) -> None:
    """Look for what is due until cancelled."""
    while True:
        try:
            await sweep(pool)
        except Exception as error:
            if unavailable(error):
                log.warning("database_unavailable", error=reason(error))
            else:
                log.exception("sweep_failed")
        await asyncio.sleep(SWEEP_SECONDS)


async def sweep(pool: AsyncEngine) -> None:
    """Do what is due; what fails for one brand is tried again at the next sweep."""
    while (
        await _round(pool, "keep", keep.due, _keep)
        + await _round(pool, "rfm", rfm.due, rfm.count)
        + await _round(pool, "verify", nightly.due, _verify)
        + await _round(pool, "personal", upkeep.due, upkeep.tend)
    ):
        pass


async def _round(
    pool: AsyncEngine,
    job: str,
    due: Callable[[AsyncEngine], Awaitable[list[int]]],
    do: Callable[[AsyncEngine, int, datetime], Awaitable[bool]],
) -> int:
    """Give each brand that is due its turn; how many of them got on."""
    got_on = 0
    for brand_id in await due(pool):
        try:
            async with transaction(pool, brand_id) as connection:
                now = (await connection.execute(text("SELECT clock_timestamp()"))).scalar_one()
            with doing(job) as one, traces.span(job, brand_id=brand_id):
                done = await do(pool, brand_id, now)
                one.outcome = "done" if done else "not_yet"
            got_on += done
        except Exception as error:
            # A question that takes too long is this brand's alone.
            if unavailable(error) and sqlstate(error) != TIMEOUT:
                raise
            log.exception("turn_by_the_clock_failed", brand_id=brand_id, doing=job)
    return got_on


async def _keep(pool: AsyncEngine, brand_id: int, now: datetime) -> bool:
    async with transaction(pool, brand_id) as connection:
        changing = await nightly.changing(connection, brand_id)
        pending = await backlog(connection, brand_id)
    if changing or pending.oldest_pending_seconds > FRESH_SECONDS:
        return False
    return await keep.keep(pool, brand_id, now, rest=REST, seconds=TURN_SECONDS) > 0


async def _verify(pool: AsyncEngine, brand_id: int, now: datetime) -> bool:
    return await nightly.check(pool, brand_id, now) is not None
