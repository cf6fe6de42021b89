"""The commands that prove the derived tables: rebuild them, or compare them with a rebuild."""

import asyncio
import sys
from collections.abc import Awaitable, Callable, Iterator

import click
from rich.console import Console
from rich.progress import Progress
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from app.cli.brand import brand_option, must_exist
from app.cli.servers import beside
from app.core.db import open_pool, transaction
from app.derive.credit import Difference, all_customers, derive_customers
from app.derive.verification import changing, describe, differences

CUSTOMERS = 500
SHOWN = 50


@click.command()
@brand_option
def rebuild(brand_id: int) -> None:
    """Derive a brand's tables anew from its facts, while it goes on being used.

    Customers are derived in batches, each in one transaction; rows that are right stay untouched.
    """
    asyncio.run(_rebuild(brand_id))


@click.command()
@brand_option
def verify(brand_id: int) -> None:
    """Compare a brand's derived tables with what its facts say; changes nothing.

    Prints each difference and exits 1 where there is one. What is still pending is left out.
    """
    found = asyncio.run(_verify(brand_id))
    for each in found[:SHOWN]:
        click.echo(describe(each))
    if len(found) > SHOWN:
        click.echo(f"… and {len(found) - SHOWN} more")
    count = len(found)
    click.echo("no difference" if not count else f"{count} differences; see `hongqun rebuild`")
    sys.exit(1 if count else 0)


async def _rebuild(brand_id: int) -> None:
    async def act(connection: AsyncConnection, customers: list[str]) -> None:
        # Derivations of one customer exclude each other, a worker's and this one.
        await connection.execute(
            text("SELECT 1 FROM work_lease WHERE brand_id = :brand FOR UPDATE"),
            {"brand": brand_id},
        )
        causes = dict.fromkeys(customers, '[{"type": "rebuild"}]')
        await derive_customers(connection, brand_id, customers, causes)

    await _for_all(brand_id, "rebuilding", act)


async def _verify(brand_id: int) -> list[Difference]:
    found: list[Difference] = []

    async def act(connection: AsyncConnection, customers: list[str]) -> None:
        found.extend(await differences(connection, brand_id, customers))
        if await changing(connection, brand_id):
            raise click.ClickException("a change of settings is pending: run `hongqun drain` first")

    await _for_all(brand_id, "verifying", act)
    return found


async def _for_all(
    brand_id: int, doing: str, act: Callable[[AsyncConnection, list[str]], Awaitable[None]]
) -> None:
    pool: AsyncEngine = open_pool(beside(), "hongqun cli")
    try:
        async with transaction(pool) as connection:
            await must_exist(connection, brand_id)
            customers = await all_customers(connection, brand_id)
        with Progress(console=Console(stderr=True)) as progress:
            bar = progress.add_task(doing, total=len(customers))
            for batch in _batches(customers):
                async with transaction(pool) as connection:
                    await act(connection, batch)
                progress.advance(bar, len(batch))
    finally:
        await pool.dispose()


def _batches(customers: list[str]) -> Iterator[list[str]]:
    for start in range(0, len(customers), CUSTOMERS):
        yield customers[start : start + CUSTOMERS]
