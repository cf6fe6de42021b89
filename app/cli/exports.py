"""The command for exports: asks for one, works on it here unless a worker does, and says where."""

import asyncio
import contextlib
import secrets
import sys
from pathlib import Path
from typing import Any, get_args

import click
import msgspec
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn
from sqlalchemy.ext.asyncio import AsyncEngine

from app.cli.brand import brand_option, json_option, must_exist
from app.cli.servers import beside
from app.core.db import open_pool, transaction
from app.core.settings import Settings
from app.crm.audit import CLI
from app.exports import hand, runs
from app.exports.asked import FORMATS, ListName
from app.exports.asking import ExportBody, ask
from app.exports.manifest import NAME
from app.exports.runs import OVER, Found
from app.exports.store import Store, open_store
from app.exports.work import work
from app.metrics.words import Language

STATEMENT_MS = 600_000


@click.command("export")
@click.argument("week", required=False)
@brand_option
@click.option("--start", help="First local day of a window, as 2026-11-01.")
@click.option("--end", help="Local day at which the window ends, excluded.")
@click.option("--as-of", help="RFC 3339 instant from which on nothing has happened yet; now.")
@click.option("--list", "of_list", type=click.Choice(get_args(ListName)), help="Of a list.")
@click.option("--filter", "filters", multiple=True, help="Of that list: name=value.")
@click.option("--segment", "segment_id", help="Of the customers of a segment, by its id.")
@click.option("--language", type=click.Choice(get_args(Language)), help="The brand's by default.")
@click.option(
    "--format",
    "formats",
    multiple=True,
    type=click.Choice(FORMATS),
    help="May be repeated; all of them where left out.",
)
@click.option("--everything", is_flag=True, help="Every row in the workbook, however many.")
@click.option(
    "--out", type=click.Path(file_okay=False, path_type=Path), help="Copy the files there."
)
@json_option
def export(
    week: str | None,
    brand_id: int,
    start: str | None,
    end: str | None,
    as_of: str | None,
    of_list: str | None,
    filters: tuple[str, ...],
    segment_id: str | None,
    language: str | None,
    formats: tuple[str, ...],
    everything: bool,
    out: Path | None,
    as_json: bool,
) -> None:
    """Write the files of an ISO week (as 2026-W46), a window, a list or a segment.

    Where a worker runs it does so, else this command; then it prints where the files lie. Of a
    week in which nothing has moved since its last revision it says so, and prints that one's.
    """
    given = {
        "week": week,
        "start": start,
        "end": end,
        "as_of": as_of,
        "list": of_list,
        "filters": dict(map(_filter, filters)),
        "segment_id": segment_id,
        "language": language,
        "formats": formats or FORMATS,
        "everything": everything,
    }
    try:
        body = msgspec.convert(given, ExportBody)
    except msgspec.ValidationError as error:
        raise click.UsageError(str(error)) from None
    sys.exit(asyncio.run(_export(beside(), brand_id, body, out, as_json)))


def _filter(text: str) -> tuple[str, Any]:
    """A filter as it is written in a URL: numbers and true or false are themselves."""
    name, equals, value = text.partition("=")
    if not equals:
        raise click.UsageError(f"--filter is name=value, not {text!r}")
    if value in ("true", "false"):
        return name, value == "true"
    return name, int(value) if value.isascii() and value.isdigit() and len(value) < 16 else value


async def _export(
    settings: Settings, brand_id: int, body: ExportBody, out: Path | None, as_json: bool
) -> int:
    pool = open_pool(
        msgspec.structs.replace(settings, statement_timeout_ms=STATEMENT_MS), "hongqun export"
    )
    store = open_store(settings)
    try:
        async with transaction(pool, brand_id) as connection:
            await must_exist(connection, brand_id)
            made = await ask(connection, brand_id, body, CLI)
        if made.joined:
            click.echo(f"{body.week} is being written already: {made.export_id}", err=True)
        worker = asyncio.create_task(
            _work(pool, store, brand_id, made.export_id, settings.public_url)
        )
        try:
            found = await _watch(pool, brand_id, made.export_id, worker)
        finally:
            worker.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await worker
        return await _tell(pool, store, brand_id, found, out, as_json)
    finally:
        await pool.dispose()


async def _work(
    pool: AsyncEngine, store: Store, brand_id: int, export_id: str, public_url: str | None
) -> None:
    """Work on the brand's runs, up to the one that is waited for, unless a worker is faster."""
    holder = f"export:{secrets.token_hex(8)}"
    while True:
        one = await hand.claim(pool, brand_id, holder)
        if one is None:
            await asyncio.sleep(0.2)
        else:
            await work(pool, store, one, public_url)


async def _watch(
    pool: AsyncEngine, brand_id: int, export_id: str, worker: "asyncio.Task[None]"
) -> Found:
    columns = (
        *(TextColumn("{task.description}"), BarColumn(), TaskProgressColumn()),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=Console(stderr=True)) as progress:
        bar = progress.add_task("queued", total=100)
        while True:
            async with transaction(pool, brand_id) as connection:
                found = await runs.find(connection, brand_id, export_id)
            if found is None:
                raise click.ClickException("the export is gone")
            progress.update(bar, completed=found.percent, description=found.step or found.state)
            if found.state in OVER:
                return found
            if worker.done():
                worker.result()
            await asyncio.sleep(0.2)


async def _tell(
    pool: AsyncEngine, store: Store, brand_id: int, found: Found, out: Path | None, as_json: bool
) -> int:
    """Print where the files are; gives the exit code."""
    files = found
    if found.state == "unchanged" and found.previous_id is not None:
        async with transaction(pool, brand_id) as connection:
            files = await runs.find(connection, brand_id, found.previous_id) or found
        if not as_json:
            click.echo(f"nothing has moved since revision {files.revision} of {files.week}")
    elif found.state != "done":
        click.echo(f"hongqun: the export {found.state}: {found.code} {found.detail}", err=True)
    names = [file.name for file in (files.manifest.files if files.manifest else ())]
    where = {name: store.address(files.prefix or "", name) for name in names}
    if out is not None and files.prefix is not None and found.state in ("done", "unchanged"):
        for name in [*names, NAME]:
            path = out / name
            path.parent.mkdir(parents=True, exist_ok=True)
            await store.fetch(files.prefix, name, path)
            where[name] = str(path)
    if as_json:
        said = {
            "export_id": found.export_id,
            "state": found.state,
            "week": found.week,
            "revision": files.revision,
            "moved": found.moved,
            "code": found.code,
            "detail": found.detail,
            "files": where,
        }
        click.echo(msgspec.json.format(msgspec.json.encode(said), indent=2).decode())
    else:
        if found.revision and found.revision > 1:
            click.echo(f"revision {found.revision} of {found.week}")
        for address in where.values():
            click.echo(address)
    return 0 if found.state in ("done", "unchanged") else 1
