"""Exports, beside the pump: weeks are asked for when they are due, and written one at a time."""

import asyncio
import time

import msgspec
import structlog
from sqlalchemy.ext.asyncio import AsyncEngine

from app.core.db import open_pool, reason, unavailable
from app.core.room import EXPORTS
from app.core.settings import Settings
from app.exports import hand, tick, upkeep
from app.exports.folder import sweep_folders
from app.exports.publish import sweep_away, to_sweep
from app.exports.staging import StoreAway
from app.exports.store import Store, open_store
from app.exports.work import work
from app.telemetry.numbers import doing

LOOK_SECONDS = 1.0
TICK_SECONDS = 10.0
"""How often it is looked whether a week is due."""

SWEEP_SECONDS = 60.0
"""How often what runs left that came to nothing is removed."""

STATEMENT_MS = 600_000
"""To read a week may take longer than a question."""

log = structlog.get_logger()


async def run_exports(settings: Settings, holder: str) -> None:
    """Look for what is due and work on it until cancelled; then another worker goes on with it."""
    pool = open_pool(
        msgspec.structs.replace(settings, pool_size=EXPORTS, statement_timeout_ms=STATEMENT_MS),
        "hongqun exports",
        walled=True,
    )
    exports = Exports(pool, open_store(settings), holder, settings.public_url)
    try:
        await asyncio.gather(exports.look(), exports.keep_time())
    finally:
        await pool.dispose()


class Exports:
    """What a worker does for exports."""

    def __init__(
        self, pool: AsyncEngine, store: Store, holder: str, public_url: str | None
    ) -> None:
        self.pool = pool
        self.store = store
        self.holder = holder
        self.public_url = public_url

    async def look(self) -> None:
        """Work on one run after the other."""
        while True:
            try:
                for brand_id in await hand.due(self.pool):
                    one = await hand.claim(self.pool, brand_id, self.holder)
                    if one is not None:
                        await work(self.pool, self.store, one, self.public_url)
            except Exception as error:
                _tell(error, "exports_failed")
            await asyncio.sleep(LOOK_SECONDS)

    async def keep_time(self) -> None:
        """Ask for the weeks that are due, beside a run that takes its time."""
        sweep_at = 0.0
        while True:
            try:
                await self.ask()
                if time.monotonic() >= sweep_at:
                    sweep_at = time.monotonic() + SWEEP_SECONDS
                    await asyncio.to_thread(sweep_folders)
                    for brand_id in await to_sweep(self.pool):
                        await sweep_away(self.pool, self.store, brand_id)
                await self.tend()
            except Exception as error:
                _tell(error, "exports_not_asked_for")
            await asyncio.sleep(TICK_SECONDS)

    async def tend(self) -> None:
        """Remove the files whose time is over; a brand for which that fails stops no other."""
        for brand_id in await upkeep.due(self.pool):
            try:
                with doing("export_files"):
                    await upkeep.tend(self.pool, self.store, brand_id)
            except StoreAway as error:
                log.warning("export_store_away", brand_id=brand_id, error=str(error))
            except Exception as error:
                if unavailable(error):
                    raise
                log.exception("export_files_not_tended", brand_id=brand_id)

    async def ask(self) -> None:
        """Ask for the weeks that are due; a brand for which that fails stops no other."""
        for brand_id in await tick.due(self.pool):
            try:
                await tick.tick(self.pool, brand_id)
            except Exception as error:
                if unavailable(error):
                    raise
                log.exception("week_not_asked_for", brand_id=brand_id)


def _tell(error: Exception, what: str) -> None:
    if unavailable(error):
        log.warning("database_unavailable", error=reason(error))
    else:
        log.exception(what)
