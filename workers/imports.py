"""Imports of sheets, beside the pump: up to two at a time, one of a brand."""

import asyncio
from collections.abc import Callable

import structlog
from sqlalchemy.ext.asyncio import AsyncEngine

from app.core.db import reason, unavailable
from app.sheets.work import claim, due, work

LOOK_SECONDS = 1.0
MOST_AT_ONCE = 2

log = structlog.get_logger()


async def run_imports(pool: AsyncEngine, holder: str, wake: Callable[[], None]) -> None:
    """Look for imports until cancelled; then others go on with what is in hand."""
    running: set[asyncio.Task[None]] = set()
    try:
        while True:
            try:
                await _begin(pool, holder, wake, running)
            except Exception as error:
                if unavailable(error):
                    log.warning("database_unavailable", error=reason(error))
                else:
                    log.exception("imports_failed")
            await asyncio.sleep(LOOK_SECONDS)
    finally:
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)


async def _begin(
    pool: AsyncEngine, holder: str, wake: Callable[[], None], running: set[asyncio.Task[None]]
) -> None:
    if len(running) >= MOST_AT_ONCE:
        return
    for brand_id in await due(pool):
        if len(running) >= MOST_AT_ONCE:
            return
        one = await claim(pool, brand_id, holder)
        if one is None:
            continue
        task = asyncio.create_task(work(pool, brand_id, one, holder, wake))
        running.add(task)
        task.add_done_callback(running.discard)
        task.add_done_callback(_tell)


def _tell(task: asyncio.Task[None]) -> None:
    """Log why an import stopped that will be taken up again."""
    if not task.cancelled() and (error := task.exception()) is not None:
        log.warning("import_interrupted", error=type(error).__name__)
