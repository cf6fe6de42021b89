"""Working on imports: in batches that are committed with how far they go; kills do no harm."""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from itertools import islice
from typing import BinaryIO

import msgspec
import structlog
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from app.core.brand_secret import secret_of
from app.core.db import transaction, unavailable
from app.core.sql import sql
from app.sheets.asked import Asked, Unreadable
from app.sheets.imports import MOST_KEPT, end, keep
from app.sheets.reading import Reading, ReadRow
from app.sheets.take_in import Tally, take_in_rows
from app.telemetry import traces
from app.telemetry.numbers import Job, doing

LEASE_SECONDS = 30
BEAT_SECONDS = 8.0
MOST_ATTEMPTS = 3
"""So many workers in a row may vanish over an import before it is given up."""

BATCH = 1_000

log = structlog.get_logger()


class Lost(Exception):
    """The import was cancelled, or another worker has it."""


class InHand(msgspec.Struct, frozen=True):
    """An import that this worker has in hand; its first `rows_read` rows are taken in."""

    import_id: str
    asked: Asked
    bytes: int
    created_at: datetime
    rows_read: int
    attempts: int


async def due(pool: AsyncEngine) -> list[int]:
    """The brands that have an import to be worked on, the one that waits longest first."""
    async with transaction(pool) as connection:
        rows = await connection.execute(
            text(
                "SELECT brand_id FROM sheet_import WHERE state = 'queued'"
                " OR (state = 'running' AND leased_until < now())"
                " GROUP BY brand_id ORDER BY min(created_at)"
            )
        )
        return [row.brand_id for row in rows]


async def claim(pool: AsyncEngine, brand_id: int, holder: str) -> InHand | None:
    """Take the brand's next import in hand; None where there is none, or somebody was faster."""
    given = {"brand": brand_id, "holder": holder, "seconds": LEASE_SECONDS}
    try:
        async with transaction(pool, brand_id) as connection:
            found = await connection.execute(sql("sheets", "claim"), given)
            row = found.one_or_none()
            if row is None:
                return None
            if row.attempts > MOST_ATTEMPTS:
                detail = "Workers ended in the middle of it again and again."
                await end(connection, brand_id, row.import_id, "failed", "interrupted", detail)
                return None
            asked = msgspec.convert(row.asked, Asked)
            return InHand(
                row.import_id, asked, row.bytes, row.created_at, row.rows_read, row.attempts
            )
    except IntegrityError:
        return None


async def work(
    pool: AsyncEngine, brand_id: int, one: InHand, holder: str, wake: Callable[[], None]
) -> None:
    """Read an import to its end; `wake` is called when events were taken in."""
    with doing("import") as job, traces.span("import", brand_id=brand_id):
        await _work(pool, brand_id, one, holder, wake, job)


async def _work(
    pool: AsyncEngine,
    brand_id: int,
    one: InHand,
    holder: str,
    wake: Callable[[], None],
    job: Job,
) -> None:
    try:
        async with _kept(pool, brand_id, one, holder):
            with tempfile.TemporaryFile() as file:
                await _download(pool, brand_id, one, file)
                await _read(pool, brand_id, one, holder, file, wake)
            async with transaction(pool, brand_id) as connection:
                await end(connection, brand_id, one.import_id, "done")
    except Unreadable as error:
        async with transaction(pool, brand_id) as connection:
            await end(
                connection, brand_id, one.import_id, "failed", error.code, error.detail[:1_000]
            )
        job.outcome = "failed"
    except Lost:
        job.outcome = "lost"
        log.info("import_lost", brand_id=brand_id, import_id=one.import_id)
    except asyncio.CancelledError:
        await _release(pool, brand_id, one, holder)
        raise
    except Exception as error:
        if unavailable(error):
            raise
        log.exception("import_failed", brand_id=brand_id, import_id=one.import_id)
        async with transaction(pool, brand_id) as connection:
            detail = "Something went wrong on our side."
            await end(connection, brand_id, one.import_id, "failed", "internal_error", detail)
        job.outcome = "failed"


async def _download(pool: AsyncEngine, brand_id: int, one: InHand, file: BinaryIO) -> None:
    n = 0
    while True:
        async with transaction(pool, brand_id) as connection:
            content = await connection.scalar(
                text(
                    "SELECT content FROM sheet_chunk"
                    " WHERE brand_id = :brand AND import_id = :id AND n = :n"
                ),
                {"brand": brand_id, "id": one.import_id, "n": n},
            )
        if content is None:
            break
        file.write(content)
        n += 1
    if file.tell() != one.bytes:
        raise Lost
    file.flush()


async def _read(
    pool: AsyncEngine,
    brand_id: int,
    one: InHand,
    holder: str,
    file: BinaryIO,
    wake: Callable[[], None],
) -> None:
    async with transaction(pool, brand_id) as connection:
        seed = (await secret_of(connection, brand_id)).keyed(b"sheets")
    reading = await asyncio.to_thread(
        Reading, file, one.bytes, one.asked, one.created_at, datetime.now(UTC), seed
    )
    async with transaction(pool, brand_id) as connection:
        await connection.execute(
            text(
                "UPDATE sheet_import SET encoding = :encoding, unknown_headers = :unknown"
                " WHERE brand_id = :brand AND import_id = :id"
            ),
            {
                "brand": brand_id,
                "id": one.import_id,
                "encoding": reading.encoding,
                "unknown": reading.layout.unknown,
            },
        )
    rows = reading.rows()
    # What was taken in before is read again, since a file may say a thing but once.
    await asyncio.to_thread(_skip, rows, one.rows_read)
    async with transaction(pool, brand_id) as connection:
        kept = await _kept_so_far(connection, brand_id, one)
    while True:
        batch, broken = await asyncio.to_thread(next_batch, rows)
        if batch:
            async with transaction(pool, brand_id) as connection:
                tally = await take_in_rows(connection, brand_id, batch, dry_run=one.asked.dry_run)
                await _get_on(connection, brand_id, one, holder, tally, reading.share)
                faults = tally.faults[: max(0, MOST_KEPT - kept)]
                await keep(connection, brand_id, one.import_id, faults)
                kept += len(faults)
            if tally.events:
                wake()
        if broken is not None:
            raise broken
        if not batch:
            return


def next_batch(rows: Iterator[ReadRow]) -> tuple[list[ReadRow], Unreadable | None]:
    """The next rows, and why there are no more of them where the file breaks off."""
    batch: list[ReadRow] = []
    try:
        for row in islice(rows, BATCH):
            batch.append(row)
    except Unreadable as error:
        return batch, error
    return batch, None


def _skip(rows: Iterator[ReadRow], most: int) -> None:
    for _ in islice(rows, most):
        pass


async def _get_on(
    connection: AsyncConnection,
    brand_id: int,
    one: InHand,
    holder: str,
    tally: Tally,
    share: float,
) -> None:
    found = await connection.execute(
        sql("sheets", "get_on"),
        {
            "brand": brand_id,
            "id": one.import_id,
            "holder": holder,
            "rows_read": tally.rows_read,
            "accepted": tally.accepted,
            "corrected": tally.corrected,
            "duplicates": tally.duplicates,
            "rejected": tally.rejected,
            "events": tally.events,
            "counts": msgspec.json.encode(tally.counts).decode(),
            "percent": min(99, int(share * 100)),
        },
    )
    if found.one_or_none() is None:
        raise Lost


async def _kept_so_far(connection: AsyncConnection, brand_id: int, one: InHand) -> int:
    found = await connection.scalar(
        text("SELECT count(*) FROM sheet_problem WHERE brand_id = :brand AND import_id = :id"),
        {"brand": brand_id, "id": one.import_id},
    )
    return int(found or 0)


@asynccontextmanager
async def _kept(pool: AsyncEngine, brand_id: int, one: InHand, holder: str) -> AsyncIterator[None]:
    """Keep the lease on an import while the block runs."""

    async def beat() -> None:
        while True:
            await asyncio.sleep(BEAT_SECONDS)
            try:
                await _lease(pool, brand_id, one, holder, LEASE_SECONDS)
            except Exception as error:
                log.warning("import_lease", error=type(error).__name__)

    task = asyncio.create_task(beat())
    try:
        yield
    finally:
        task.cancel()


async def _lease(pool: AsyncEngine, brand_id: int, one: InHand, holder: str, seconds: int) -> None:
    async with transaction(pool, brand_id) as connection:
        await connection.execute(
            text(
                "UPDATE sheet_import SET"
                " leased_until = clock_timestamp() + make_interval(secs => :seconds)"
                " WHERE brand_id = :brand AND import_id = :id AND holder = :holder"
                " AND state = 'running'"
            ),
            {"brand": brand_id, "id": one.import_id, "holder": holder, "seconds": seconds},
        )


async def _release(pool: AsyncEngine, brand_id: int, one: InHand, holder: str) -> None:
    """Let another worker go on at once."""
    try:
        await _lease(pool, brand_id, one, holder, -1)
    except Exception as error:
        log.warning("import_lease", error=type(error).__name__)
