"""A sheet from a file on this machine: the same import as by the API, worked on here."""

import asyncio
import contextlib
import secrets
from datetime import UTC, datetime
from pathlib import Path

import click
from rich.console import Console
from rich.progress import Progress
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from app.cli.brand import must_exist
from app.core.db import open_pool, transaction
from app.core.jobs import Waker
from app.core.settings import Settings
from app.crm.audit import record
from app.sheets import imports
from app.sheets.asked import Asked, Encoding, FileFormat, SheetKind, Unit
from app.sheets.imports import OVER, Import
from app.sheets.work import claim, work

FORMATS: dict[str, FileFormat] = {".csv": "csv", ".xlsx": "xlsx"}
PIECE = 1_048_576
SHOWN = 5


async def import_sheet(
    settings: Settings,
    file: Path,
    brand_id: int,
    kind: SheetKind,
    amounts: Unit | None,
    encoding: Encoding,
    dry_run: bool,
) -> int:
    """Import a CSV or XLSX file; gives the exit code."""
    pool = open_pool(settings, "hongqun import")
    waker = Waker(settings.redis_url)
    waker.start()
    try:
        async with transaction(pool, brand_id) as connection:
            brand = await must_exist(connection, brand_id)
        asked = Asked(
            kind=kind,
            format=FORMATS[file.suffix.lower()],
            currency=brand.currency,
            timezone=brand.timezone,
            as_of=datetime.now(UTC),
            encoding=encoding,
            amounts=amounts,
            dry_run=dry_run,
        )
        import_id = await _upload(pool, brand_id, asked, file)
        worker = asyncio.create_task(_work(pool, brand_id, waker))
        try:
            found = await _watch(pool, brand_id, import_id)
        finally:
            worker.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await worker
        await _tell(pool, brand_id, found)
        await asyncio.sleep(0.1)  # let the last wake-up go
    finally:
        await waker.stop()
        await pool.dispose()
    return 0 if found.state == "done" and not found.rejected else 1


async def _upload(pool: AsyncEngine, brand_id: int, asked: Asked, file: Path) -> str:
    async with transaction(pool, brand_id) as connection:
        import_id = await imports.begin(connection, brand_id, asked, file.name[:200], "system")
    with file.open("rb") as content:
        n = 0
        while piece := content.read(PIECE):
            async with transaction(pool, brand_id) as connection:
                await imports.add(connection, brand_id, import_id, n, piece)
            n += 1
    async with transaction(pool, brand_id) as connection:
        await imports.queue(connection, brand_id, import_id)
        if not asked.dry_run:
            detail = {"kind": asked.kind}
            await record(connection, brand_id, "system", "import.start", import_id, detail)
    return import_id


async def _work(pool: AsyncEngine, brand_id: int, waker: Waker) -> None:
    """Work on the brand's imports, unless a worker is faster."""
    holder = f"import:{secrets.token_hex(8)}"
    while True:
        one = await claim(pool, brand_id, holder)
        if one is None:
            await asyncio.sleep(0.2)
        else:
            await work(pool, brand_id, one, holder, waker.wake)


async def _watch(pool: AsyncEngine, brand_id: int, import_id: str) -> Import:
    with Progress(console=Console(stderr=True)) as progress:
        bar = progress.add_task("importing", total=100)
        while True:
            async with transaction(pool, brand_id) as connection:
                found = await imports.find(connection, brand_id, import_id)
            if found is None:
                raise click.ClickException("the import is gone")
            progress.update(bar, completed=found.percent)
            if found.state in OVER:
                return found
            await asyncio.sleep(0.2)


async def _tell(pool: AsyncEngine, brand_id: int, found: Import) -> None:
    click.echo(
        f"accepted {found.accepted} (corrected {found.corrected}), duplicates {found.duplicates},"
        f" rejected {found.rejected}" + (", nothing stored" if found.dry_run else "")
    )
    if found.state != "done":
        click.echo(f"  {found.state}: {found.code} {found.detail}", err=True)
    if found.unknown_headers:
        click.echo(f"  headers left out: {', '.join(found.unknown_headers)}", err=True)
    async with transaction(pool, brand_id) as connection:
        rows = await connection.execute(
            text(
                "SELECT row_no, header, code, detail FROM sheet_problem WHERE brand_id = :brand"
                " AND import_id = :id ORDER BY row_no, n LIMIT :most"
            ),
            {"brand": brand_id, "id": found.id, "most": SHOWN},
        )
        for row in rows:
            click.echo(f"  row {row.row_no}: {row.code} {row.header or ''} {row.detail}", err=True)
    if sum(found.problems.values()) > SHOWN:
        click.echo(f"  … see GET /v1/imports/{found.id}/problems", err=True)
