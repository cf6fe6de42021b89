"""Working on a run: read, compare, write, publish, say so. Kills do no harm at any point.

Nothing is visible before the store makes it so as a whole, and what is going to be visible stands
in the run's row before: whoever takes a run up again finds its files whole, or makes them anew.
"""

import asyncio
from collections.abc import Coroutine
from contextlib import suppress
from pathlib import Path
from typing import Literal, TypeVar

import msgspec
import structlog
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from app.core.backlog import Backlog, backlog
from app.core.db import reason, transaction, unavailable
from app.core.errors import Problem
from app.exports import hand, runs
from app.exports.content import Content
from app.exports.erased import has_lost, is_marked
from app.exports.folder import folder_of
from app.exports.hand import InHand, Lost
from app.exports.manifest import Manifest
from app.exports.moved import Moves, compare
from app.exports.progress import Progress, in_thread
from app.exports.publish import Erased, finish, is_published, publish, sweep_away
from app.exports.read import Disagree, NotReady, read
from app.exports.revision.events import events_of
from app.exports.staging import StoreAway
from app.exports.store import Store
from app.exports.write import manifest, write, write_manifest
from app.telemetry import traces
from app.telemetry.numbers import doing

BEAT_SECONDS = 5.0

PATIENCE_SECONDS = 240.0
"""A run waits so long for what was accepted before it to be counted."""

FRESH_SECONDS, SETTLED_SECONDS = 5, 15.0
"""Of a brand that never rests nothing older than this is pending; what was accepted before a run
was asked for has gone through all queues after the second.
"""

DISAGREEING_SECONDS = 3_600.0
"""Tables that disagree while something is pending are read again for so long."""

WAIT_SECONDS = 2.0
RETRY_SECONDS = (15.0, 120.0)
"""How soon a run is tried again that failed by no fault of its own."""

T = TypeVar("T")
Outcome = Literal["done", "unchanged", "put_back", "failed"]

log = structlog.get_logger()


class Waiting(Exception):
    """The revision before cannot be read just now."""


async def work(pool: AsyncEngine, store: Store, one: InHand, public_url: str | None) -> None:
    """Bring a run that is in hand to its end, or put it back."""
    told = {"brand_id": one.run.brand_id, "export_id": one.run.export_id}
    with doing("export") as job, traces.span("export", brand_id=one.run.brand_id):
        try:
            try:
                job.outcome = await _work(pool, store, one, public_url)
            except Lost:
                raise
            except Exception as error:
                job.outcome = await _put_off(pool, one, error)
        except Lost:
            job.outcome = "lost"
            log.info("export_lost", **told)
            await sweep_away(pool, store, one.run.brand_id)
        except asyncio.CancelledError:
            # Another worker may go on at once; where this cannot be said, the lease ends soon.
            with suppress(Exception):
                await hand.put_back(pool, one, 0, None)
            raise


async def _put_off(pool: AsyncEngine, one: InHand, error: Exception) -> Outcome:
    """Put a run back, or close it, as fits what went wrong; says which."""
    told = {"brand_id": one.run.brand_id, "export_id": one.run.export_id}
    if isinstance(error, Erased):
        await hand.put_back(pool, one, 0, None)
    elif isinstance(error, Waiting):
        await hand.put_back(pool, one, WAIT_SECONDS, "waiting")
    elif isinstance(error, Disagree | NotReady):
        waits = isinstance(error, NotReady) or await _is_counting(pool, one)
        if waits and one.waited < DISAGREEING_SECONDS:
            await hand.put_back(pool, one, WAIT_SECONDS, "waiting")
        else:
            log.error("export_tables_disagree", first=error.sentences[:3], **told)
            return await _fail(pool, one, "tables_disagree", "\n".join(error.sentences))
    elif isinstance(error, Problem):
        return await _fail(pool, one, error.code, error.detail)
    elif isinstance(error, StoreAway):
        log.warning("export_store_away", error=str(error), **told)
        return await _again(
            pool, one, "storage_unavailable", f"The files cannot be stored: {error}"
        )
    elif unavailable(error):
        log.warning("database_unavailable", error=reason(error), **told)
        detail = "The database was not available, or took too long."
        return await _again(pool, one, "unavailable", detail)
    else:
        log.error("export_failed", exc_info=error, **told)
        return await _again(pool, one, "internal_error", "Something went wrong on our side.")
    return "put_back"


async def _work(pool: AsyncEngine, store: Store, one: InHand, public_url: str | None) -> Outcome:
    made = one.manifest
    if made is None or not await is_published(store, one.prefix, made):
        if not await _is_ready(pool, one):
            await hand.put_back(pool, one, WAIT_SECONDS, "waiting")
            return "put_back"
        with folder_of(one.run.export_id) as folder:
            made = await _while_held(pool, one, _make(pool, store, one, folder, public_url or ""))
        if made is None:
            return "unchanged"
    await finish(pool, store, one, made, public_url)
    return "done"


async def _make(
    pool: AsyncEngine, store: Store, one: InHand, folder: Path, public_url: str
) -> Manifest | None:
    """Read, compare, write and publish; None where nothing moved since the revision before."""
    progress = Progress(pool, one)
    spool, staged = folder / "read", folder / "files"
    for each in (spool, staged):
        each.mkdir()
    content = await read(pool, one.run, spool, progress.between(0, 55))
    moves = None
    if one.run.previous_id is not None:
        await hand.get_on(pool, one, "compare", 56)
        before = await _before(pool, one)
        moves = await _moves(pool, store, one, before, content, folder / "before")
        if moves is None and not has_lost(before.manifest):
            async with transaction(pool, one.run.brand_id) as connection:
                await hand.end(connection, one, "unchanged")
            return None
        if moves is not None:
            content = msgspec.structs.replace(
                content, frames=content.frames | moves.frames(public_url)
            )
    final = content
    files = await in_thread(lambda told: write(final, staged, told), progress.between(60, 90))
    made = manifest(content, files)
    await asyncio.to_thread(write_manifest, made, staged)
    await hand.get_on(pool, one, "publish", 90)
    await publish(pool, store, one, made, staged, moves.summary if moves else None)
    return made


async def _before(pool: AsyncEngine, one: InHand) -> runs.Found:
    """The revision before.

    Raises:
        Waiting: where it may name somebody erased, and is still to be looked through.
    """
    assert one.run.previous_id is not None
    async with transaction(pool, one.run.brand_id) as connection:
        if await is_marked(connection, one.run.brand_id, one.run.previous_id):
            raise Waiting(one.run.previous_id)
        before = await runs.find(connection, one.run.brand_id, one.run.previous_id)
    if before is None or before.manifest is None:
        raise Lost(one.run.export_id)
    return before


async def _moves(
    pool: AsyncEngine,
    store: Store,
    one: InHand,
    before: runs.Found,
    content: Content,
    folder: Path,
) -> Moves | None:
    """What moved since the revision before, as far as its files are still kept."""
    assert before.manifest is not None
    async with transaction(pool, one.run.brand_id) as connection:
        threshold = await connection.scalar(
            text("SELECT export_threshold_basis_points FROM brand WHERE brand_id = :brand"),
            {"brand": one.run.brand_id},
        )
    folder.mkdir()
    found: dict[str, Path] = {}
    for file in before.manifest.files:
        if not file.name.endswith(".parquet") or file.removed_why or before.removed_at:
            continue
        assert before.prefix is not None
        path = folder / Path(file.name).name
        try:
            await store.fetch(before.prefix, file.name, path)
        except FileNotFoundError:
            continue
        found[path.stem] = path
    made = before.manifest
    moves = await asyncio.to_thread(compare, found, made, content, threshold or 0)
    if moves is not None:
        async with transaction(pool, one.run.brand_id) as connection:
            moves.told = await events_of(connection, one.run.brand_id, moves.changes, made.read_at)
    return moves


async def _while_held(pool: AsyncEngine, one: InHand, act: Coroutine[None, None, T]) -> T:
    """Act while the lease is renewed.

    Raises:
        Lost: as soon as the run is no longer in hand; the act has ended then.
    """
    acting, holding = asyncio.create_task(act), asyncio.create_task(_hold(pool, one))
    try:
        await asyncio.wait({acting, holding}, return_when=asyncio.FIRST_COMPLETED)
        if not acting.done():
            raise Lost(one.run.export_id)
        return acting.result()
    finally:
        for task in (acting, holding):
            task.cancel()
        await asyncio.gather(acting, holding, return_exceptions=True)


async def _hold(pool: AsyncEngine, one: InHand) -> None:
    """Renew the lease until it is lost."""
    while True:
        await asyncio.sleep(BEAT_SECONDS)
        try:
            await hand.keep(pool, one)
        except Lost:
            return
        except Exception as error:
            log.warning("export_lease", error=type(error).__name__)


async def _is_ready(pool: AsyncEngine, one: InHand) -> bool:
    """Whether what was accepted before the run was asked for is counted, or it has waited long."""
    if one.waited >= PATIENCE_SECONDS:
        return True
    pending = await _pending(pool, one)
    if not pending.pending_events and not pending.pending_recomputes:
        return True
    return one.waited >= SETTLED_SECONDS and pending.oldest_pending_seconds <= FRESH_SECONDS


async def _is_counting(pool: AsyncEngine, one: InHand) -> bool:
    pending = await _pending(pool, one)
    return bool(pending.pending_events or pending.pending_recomputes)


async def _pending(pool: AsyncEngine, one: InHand) -> Backlog:
    async with transaction(pool, one.run.brand_id) as connection:
        return await backlog(connection, one.run.brand_id)


async def _again(pool: AsyncEngine, one: InHand, code: str, detail: str) -> Outcome:
    """Try it again later; after MOST_ATTEMPTS it has failed."""
    if one.run.attempts >= hand.MOST_ATTEMPTS:
        return await _fail(pool, one, code, detail)
    seconds = RETRY_SECONDS[min(one.run.attempts, len(RETRY_SECONDS)) - 1]
    await hand.put_back(pool, one, seconds, "waiting", counts=True)
    return "put_back"


async def _fail(pool: AsyncEngine, one: InHand, code: str, detail: str) -> Outcome:
    async with transaction(pool, one.run.brand_id) as connection:
        await hand.end(connection, one, "failed", code, detail[:10_000])
    return "failed"
