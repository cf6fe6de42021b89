"""Keeps the members of segments up to date, beside the pump and on a connection of its own."""

import asyncio
import contextlib
import time

import msgspec
import structlog

from app.core.db import open_pool, reason, unavailable
from app.core.room import SEGMENTS
from app.core.settings import Settings
from app.crm.segments.refresh import brands, refresh
from app.telemetry.numbers import doing

ALL_SECONDS = 60.0
"""How often brands are looked at of which nobody told anything: a day may have begun there."""

STATEMENT_MS = 600_000
"""To count everybody anew may take longer than a question."""

log = structlog.get_logger()


async def keep_segments(settings: Settings, due: asyncio.Event) -> None:
    """Refresh what was touched whenever woken, and every few seconds, until cancelled."""
    pool = open_pool(
        msgspec.structs.replace(settings, pool_size=SEGMENTS, statement_timeout_ms=STATEMENT_MS),
        "hongqun segments",
        walled=True,
    )
    sweep = settings.sweep_seconds if settings.redis_url is not None else 1
    looked_at = -ALL_SECONDS
    try:
        while True:
            due.clear()
            every = time.monotonic() - looked_at >= ALL_SECONDS
            if every:
                looked_at = time.monotonic()
            try:
                for brand_id in await brands(pool, every=every):
                    try:
                        with doing("segments"):
                            await refresh(pool, brand_id)
                    except Exception as error:
                        if unavailable(error):
                            raise
                        log.exception("segments_failed", brand_id=brand_id)
            except Exception as error:
                log.warning("segments_put_off", error=reason(error))
            with contextlib.suppress(asyncio.TimeoutError):
                await asyncio.wait_for(due.wait(), timeout=sweep)
    finally:
        await pool.dispose()
