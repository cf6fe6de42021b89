"""Webhooks are sent beside the pump: up to 20 at a time, few of one brand, two of one endpoint."""

import asyncio

import structlog
from sqlalchemy.ext.asyncio import AsyncEngine

from app.core.db import reason, unavailable
from app.outbound.deliver import Sender
from app.outbound.work import InHand, claim, due, work

LOOK_SECONDS = 1.0
MOST_AT_ONCE = 20
MOST_OF_BRAND = 6
"""So that receivers of one brand that do not answer leave room for the others."""

log = structlog.get_logger()


async def send_webhooks(pool: AsyncEngine, holder: str, sender: Sender) -> None:
    """Look for what is to be sent until cancelled; then others send what is in hand."""
    running: dict[asyncio.Task[None], InHand] = {}
    try:
        while True:
            try:
                await _begin(pool, holder, sender, running)
            except Exception as error:
                if unavailable(error):
                    log.warning("database_unavailable", error=reason(error))
                else:
                    log.exception("deliveries_failed")
                await asyncio.sleep(LOOK_SECONDS)
            if running:
                # The next one goes as soon as there is room for it.
                await asyncio.wait(
                    list(running), timeout=LOOK_SECONDS, return_when=asyncio.FIRST_COMPLETED
                )
            else:
                await asyncio.sleep(LOOK_SECONDS)
    finally:
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)


async def _begin(
    pool: AsyncEngine, holder: str, sender: Sender, running: dict[asyncio.Task[None], InHand]
) -> None:
    """Take up as much as there is room for."""
    for brand_id in await due(pool):
        of_brand = sum(one.brand_id == brand_id for one in running.values())
        room = min(MOST_AT_ONCE - len(running), MOST_OF_BRAND - of_brand)
        if room <= 0:
            continue
        for one in await claim(pool, brand_id, holder, room):
            task = asyncio.create_task(work(pool, one, sender))
            running[task] = one
            task.add_done_callback(lambda done: running.pop(done, None))
            task.add_done_callback(_tell)


def _tell(task: asyncio.Task[None]) -> None:
    """Log why a try stopped that will be taken up again."""
    if not task.cancelled() and (error := task.exception()) is not None:
        log.warning("delivery_interrupted", error=type(error).__name__)
