"""The commands that see to it that derived tables are what the facts say."""

import asyncio
import sys
from typing import Any

import click
import msgspec
from rich.console import Console
from rich.progress import Progress
from sqlalchemy.ext.asyncio import AsyncEngine

from app.cli.brand import brand_option, must_exist
from app.cli.servers import beside as servers_beside
from app.core.db import open_pool, pooled, session, transaction
from app.core.settings import SettingsError
from app.derive import beside
from app.derive.beside import RebuildRunning
from app.derive.verify import Report, SettingsPending
from app.derive.verify import verify as compare

HOURS_MS = 6 * 3_600_000
"""A statement over all of a large brand may take long."""


@click.command()
@brand_option
def rebuild(brand_id: int) -> None:
    """Derive a brand's tables anew from its facts, beside the live ones, and swap them in.

    The brand goes on being used: answers come from the old rows until the new ones are there at
    once. Events are taken in all the time; only during the swap they wait to be worked on.
    """
    try:
        asyncio.run(_rebuild(brand_id))
    except RebuildRunning:
        raise click.ClickException("another rebuild of this brand is running") from None


@click.command()
@brand_option
def verify(brand_id: int) -> None:
    """Compare a brand's derived tables with what its facts say; changes nothing.

    Prints each difference and exits 1 where there is one. What is still pending is left out.
    """
    try:
        report = asyncio.run(_verify(brand_id))
    except SettingsPending:
        raise click.ClickException(
            "a change of settings is pending: run `hongqun drain` first"
        ) from None
    for each in report.first:
        click.echo(each.sentence())
    if report.differences > len(report.first):
        click.echo(f"… and {report.differences - len(report.first)} more")
    found = f"{report.differences} differences; see `hongqun rebuild`"
    click.echo(found if report.differences else "no difference")
    sys.exit(1 if report.differences else 0)


def _pool() -> AsyncEngine:
    settings = msgspec.structs.replace(servers_beside(), statement_timeout_ms=HOURS_MS)
    return open_pool(settings, "hongqun cli")


async def _rebuild(brand_id: int) -> None:
    pool = _pool()
    try:
        async with transaction(pool, brand_id) as connection:
            await must_exist(connection, brand_id)
        # One session for all transactions: the tables beside the live ones are its own.
        async with session(pool, brand_id) as connection:
            if pooled(connection):
                raise SettingsError(
                    "DATABASE_URL leads through a pooler, and a rebuild needs a session of its"
                    " own: name the server's address"
                )
            total = await beside.begin(connection, brand_id)
            await connection.commit()
            with Progress(console=Console(stderr=True)) as progress:
                bar = progress.add_task("rebuilding", total=total)
                async for done in beside.steps(connection, brand_id):
                    await connection.commit()
                    progress.advance(bar, done)
                progress.update(bar, description="swapping")
                await beside.swap(connection, brand_id)
                await connection.commit()
            await connection.invalidate()
    finally:
        await pool.dispose()


async def _verify(brand_id: int) -> Report:
    pool = _pool()
    try:
        async with transaction(pool, brand_id) as connection:
            await must_exist(connection, brand_id)
        with Progress(console=Console(stderr=True)) as progress:
            bars: dict[str, Any] = {}

            def told(what: str, done: int, total: int) -> None:
                if what not in bars:
                    bars[what] = progress.add_task(f"verifying {what}")
                progress.update(bars[what], completed=done, total=total)

            async with session(pool, brand_id) as connection:
                report = await compare(connection, brand_id, told)
                await connection.rollback()
                return report
    finally:
        await pool.dispose()
