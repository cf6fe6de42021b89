"""The commands for data: import a file of events, and wait until they show in the numbers."""

import asyncio
import gzip
import sys
import time
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

import click
from rich.console import Console
from rich.progress import Progress
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from app.cli.brand import BrandId, brand_option, must_exist
from app.cli.servers import beside
from app.core.backlog import backlog
from app.core.db import open_pool, transaction, unavailable
from app.core.jobs import Waker
from app.core.settings import Settings
from app.ingest.body import MOST_BYTES, MOST_EVENTS
from app.ingest.decode import Sender
from app.ingest.inbox import Rejected, take_in

SHOWN = 5
AWAY = 30.0
"""For so many seconds the database may be away while we wait."""


@click.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@brand_option
def import_(file: Path, brand_id: int) -> None:
    """Take in a file of events, one JSON event a line (.ndjson or .ndjson.gz).

    The same rules hold as for POST /v1/events: repeats do no harm, and what is rejected becomes a
    dead letter. A file that was interrupted is simply imported again.
    """
    sys.exit(asyncio.run(_import(beside(), file, brand_id)))


async def _import(settings: Settings, file: Path, brand_id: int) -> int:
    pool = open_pool(settings, "hongqun import")
    waker = Waker(settings.redis_url)
    waker.start()
    accepted = duplicates = 0
    rejected: list[tuple[int, Rejected]] = []
    count = 0
    try:
        async with transaction(pool, brand_id) as connection:
            brand = await must_exist(connection, brand_id)
        sender = Sender("api", brand.currency)
        with Progress(console=Console(stderr=True)) as progress, file.open("rb") as raw:
            bar = progress.add_task("importing", total=file.stat().st_size)
            for numbers, lines in _batches(raw, file.name.endswith(".gz")):
                async with transaction(pool, brand_id) as connection:
                    receipt = await take_in(connection, brand_id, sender, lines, datetime.now(UTC))
                accepted += receipt.accepted
                duplicates += receipt.duplicates
                count += len(receipt.rejected)
                room = SHOWN - len(rejected)
                rejected += [(numbers[each.index], each) for each in receipt.rejected[:room]]
                waker.wake()
                progress.update(bar, completed=raw.tell())
        await asyncio.sleep(0.1)  # let the last wake-up go
    finally:
        await waker.stop()
        await pool.dispose()
    click.echo(f"accepted {accepted}, duplicates {duplicates}, rejected {count}")
    for number, each in rejected:
        click.echo(f"  line {number}: {each.code} {each.field or ''} {each.detail}", err=True)
    if count > SHOWN:
        click.echo("  … see GET /v1/dead-letters", err=True)
    return 0 if count == 0 else 1


def _batches(raw: BinaryIO, compressed: bool) -> Iterator[tuple[list[int], list[bytes]]]:
    """The lines of a file in batches of a request's size, with the number of each (from 1)."""
    numbers: list[int] = []
    lines: list[bytes] = []
    size = 0
    stream = gzip.GzipFile(fileobj=raw) if compressed else raw
    try:
        for number, line in enumerate(stream, 1):
            if not line.strip():
                continue
            if lines and (len(lines) == MOST_EVENTS or size + len(line) > MOST_BYTES):
                yield numbers, lines
                numbers, lines, size = [], [], 0
            numbers.append(number)
            lines.append(line.rstrip(b"\r\n"))
            size += len(line)
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise click.ClickException(f"the file cannot be unpacked: {error}") from None
    if lines:
        yield numbers, lines


@click.command()
@click.option("--timeout", default=600.0, show_default=True, help="Seconds to wait at most.")
@click.option(
    "--brand", "brand_id", type=BrandId, help="Only this brand; all of them where left out."
)
def drain(timeout: float, brand_id: int | None) -> None:
    """Wait until every accepted event shows in the numbers; exits 1 where time runs out."""
    sys.exit(asyncio.run(_drain(beside(), timeout, brand_id)))


async def _drain(settings: Settings, seconds: float, brand_id: int | None) -> int:
    pool = open_pool(settings, "hongqun drain")
    until = time.monotonic() + seconds
    answered = time.monotonic()
    try:
        with Console(stderr=True).status("draining") as status:
            while True:
                try:
                    events, customers = await _pending(pool, brand_id)
                    answered = time.monotonic()
                except Exception as error:
                    # It may be starting, or be started again.
                    if not unavailable(error) or time.monotonic() > min(until, answered + AWAY):
                        raise
                    status.update("waiting for the database")
                    await asyncio.sleep(0.5)
                    continue
                if not events and not customers:
                    return 0
                status.update(f"draining: {events} events, {customers} recomputations pending")
                if time.monotonic() > until:
                    click.echo(
                        f"still pending: {events} events, {customers} recomputations;"
                        " is a worker running?",
                        err=True,
                    )
                    return 1
                await asyncio.sleep(0.2)
    finally:
        await pool.dispose()


async def _pending(pool: AsyncEngine, brand_id: int | None) -> tuple[int, int]:
    """How many events and recomputations are pending, of one brand or of all."""
    async with transaction(pool, brand_id) as connection:
        if brand_id is not None:
            await must_exist(connection, brand_id)
        brands = await connection.execute(text("SELECT brand_id FROM brand"))
        ids = [row.brand_id for row in brands if brand_id in (None, row.brand_id)]
    found = []
    for each in ids:
        async with transaction(pool, each) as connection:
            found.append(await backlog(connection, each))
    return (
        sum(each.pending_events for each in found),
        sum(each.pending_recomputes for each in found),
    )
