"""The commands by which a brand comes and goes: export, restore, delete."""

import asyncio
import contextlib
import gzip
import zlib
from collections.abc import Iterator
from pathlib import Path

import click
from rich.console import Console
from rich.progress import Progress
from sqlalchemy.ext.asyncio import AsyncEngine

from app.cli.brand import brand_option, must_exist
from app.cli.servers import beside, note
from app.core.brand_secret import secret_of
from app.core.db import SET_BRAND, open_pool, transaction
from app.core.jobs import Waker
from app.crm.audit import record
from app.exports.staging import StoreAway
from app.exports.store import open_store
from app.ingest.body import MOST_BYTES, MOST_EVENTS
from app.moves import delete, restore
from app.moves.export import Emptied, lines_of
from app.moves.lines import Head
from app.moves.restore import NotOurs

ROWS = 500


@click.command("export")
@brand_option
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--partial", is_flag=True, help="Leave out events whose payload is gone.")
def export_brand(brand_id: int, file: Path, partial: bool) -> None:
    """Write a brand into a file (.ndjson.gz): settings, operators' words, events.

    Of sources there are the names. Keys, secrets, operators and the audit log stay behind.
    The file holds personal data.
    """
    if file.exists():
        raise click.ClickException(f"{file} is there already")
    try:
        asyncio.run(_export(brand_id, file, partial))
    except Emptied:
        raise click.ClickException(
            "events have lost their payload by the brand's retention, or were detached and dropped,"
            " so that the file would not give the same numbers; --partial leaves them out"
        ) from None


async def _export(brand_id: int, file: Path, partial: bool) -> None:
    pool = open_pool(beside(), "hongqun cli")
    partly = file.with_name(file.name + ".part")
    lines = 0
    try:
        async with transaction(pool, brand_id) as connection:
            await must_exist(connection, brand_id)
            await record(connection, brand_id, "system", "brand.export")
            secret = await secret_of(connection, brand_id)
        with Console(stderr=True).status("exporting"), gzip.open(partly, "wb", 6) as out:
            partly.chmod(0o600)
            async with pool.connect() as connection:
                await connection.execution_options(isolation_level="REPEATABLE READ")
                await connection.execute(SET_BRAND, {"brand": str(brand_id)})
                async for part in lines_of(connection, brand_id, secret, partial=partial):
                    out.writelines(line + b"\n" for line in part)
                    lines += len(part)
                await connection.rollback()
        partly.rename(file)
    finally:
        partly.unlink(missing_ok=True)
        await pool.dispose()
    click.echo(f"{lines} lines in {file}")


@click.command("restore")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--brand", "brand_id", type=int, help="Go on with this brand, after a break.")
def restore_brand(file: Path, brand_id: int | None) -> None:
    """Make a new brand from a file of `brand export`.

    Prints its id first, then its new sources with their secrets. It has no keys: see `key create`.
    If it breaks off, run it again with --brand and that id: what is there already is left as it is.
    """
    try:
        asyncio.run(_restore(file, brand_id))
    except (NotOurs, gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise click.ClickException(f"{file} cannot be restored: {error}") from None


async def _restore(file: Path, brand_id: int | None) -> None:
    settings = beside()
    pool = open_pool(settings, "hongqun cli")
    waker = Waker(settings.redis_url)
    waker.start()
    accepted = duplicates = rows = 0
    ended = None
    try:
        with Progress(console=Console(stderr=True)) as progress, file.open("rb") as raw:
            bar = progress.add_task("restoring", total=file.stat().st_size)
            stream = gzip.GzipFile(fileobj=raw) if file.name.endswith(".gz") else raw
            batches = _batches(iter(stream))
            first = next(batches, [b""])
            told = restore.told(first[0])
            if told is None or told.brand is None:
                raise NotOurs("it does not begin with a brand")
            brand_id, fresh = await _brand(pool, told.brand, brand_id)
            currency = told.brand.settings["currency"]
            for batch in batches:
                known = restore.told(batch[0])
                if known is None:
                    async with transaction(pool, brand_id) as connection:
                        new, old = await restore.add_events(connection, brand_id, currency, batch)
                    accepted, duplicates = accepted + new, duplicates + old
                elif known.end is not None:
                    ended = known.end
                elif known.source is not None and fresh:
                    await _sources(pool, brand_id, batch)
                elif known.row is not None:
                    given = [restore.told(line) for line in batch]
                    async with transaction(pool, brand_id) as connection:
                        found = [each.row for each in given if each is not None and each.row]
                        await restore.add_rows(connection, brand_id, found)
                    rows += len(found)
                waker.wake()
                progress.update(bar, completed=raw.tell())
        if ended is None or (ended.events, ended.rows) != (accepted + duplicates, rows):
            raise NotOurs("it is not whole: its last line is missing or does not add up")
        async with transaction(pool, brand_id) as connection:
            await restore.settle(connection, brand_id)
            await record(connection, brand_id, "system", "brand.restore")
        waker.wake()
        await asyncio.sleep(0.1)
    finally:
        await waker.stop()
        await pool.dispose()
    click.echo(f"accepted {accepted}, duplicates {duplicates}, rows {rows}")


async def _brand(pool: AsyncEngine, head: Head, brand_id: int | None) -> tuple[int, bool]:
    """The brand to restore into, and whether it was made for it."""
    if brand_id is not None:
        async with transaction(pool, brand_id) as connection:
            await must_exist(connection, brand_id)
        return brand_id, False
    async with transaction(pool) as connection:
        made = await restore.create(connection, head)
    click.echo(f"brand {made}")
    return made, True


async def _sources(pool: AsyncEngine, brand_id: int, lines: list[bytes]) -> None:
    for line in lines:
        told = restore.told(line)
        if told is not None and told.source is not None:
            async with transaction(pool, brand_id) as connection:
                name = told.source["name"]
                source_id, secret = await restore.add_source(connection, brand_id, name)
            click.echo(f"source {source_id} {secret} {name}")


def _batches(lines: Iterator[bytes]) -> Iterator[list[bytes]]:
    """Lines of one kind in batches of a request's size."""
    batch: list[bytes] = []
    kind = b""
    size = 0
    for line in lines:
        text = line.rstrip(b"\r\n")
        if not text:
            continue
        now = text[:16] if text.startswith(b'{"hongqun.') else b""
        most = ROWS if now else MOST_EVENTS
        if batch and (now != kind or len(batch) >= most or size + len(text) > MOST_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(text)
        kind = now
        size += len(text)
    if batch:
        yield batch


@click.command("delete")
@brand_option
@click.option("--yes", "name", required=True, help="The brand's name, to be sure.")
def delete_brand(brand_id: int, name: str) -> None:
    """Delete a brand for good: every row of it in every table.

    Its keys and sources are refused at once. If it breaks off, run it again; workers go on with it
    by themselves as well. What remains: the brand's number, when it went, how many rows it had, and
    the hash that its audit log ended with.
    """
    asyncio.run(_delete(brand_id, name))


async def _delete(brand_id: int, name: str) -> None:
    settings = beside()
    pool = open_pool(settings, "hongqun cli")
    counts: dict[str, int] = {}
    try:
        async with transaction(pool, brand_id) as connection:
            if brand_id not in await delete.under_way(connection):
                found = await must_exist(connection, brand_id)
                if found.name != name:
                    raise click.ClickException(f"brand {brand_id} is not called {name!r}")
                await delete.begin(connection, brand_id)
        with Console(stderr=True).status("deleting") as status:
            async with contextlib.aclosing(delete.rest(pool, brand_id)) as steps:
                async for table, gone in steps:
                    counts[table] = counts.get(table, 0) + gone
                    status.update(f"deleting: {counts[table]} rows of {table}")
            status.update("deleting: files of exports")
            await open_store(settings).remove_brand(brand_id)
    except StoreAway as error:
        note(f"its files of exports cannot be removed yet, workers go on with that: {error}")
    finally:
        await pool.dispose()
    for table, gone in sorted(counts.items()):
        click.echo(f"{table:<20} {gone}")
    click.echo(f"brand {brand_id} is deleted")
