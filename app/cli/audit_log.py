"""The commands for the audit log: whether it is whole, and its head, to be kept elsewhere."""

import sys

import click
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.cli.brand import BrandId, must_exist, within
from app.crm import audit_chain
from app.crm.audit_chain import Head

MOST_FAULTS = 20
"""So many are printed for a brand."""

any_brand_option = click.option(
    "--brand", "brand_id", type=BrandId, help="Only this brand; all of them where left out."
)


@click.group()
def audit() -> None:
    """Check the audit log."""


@audit.command("verify")
@any_brand_option
@click.option("--head", "kept", help="What `audit head` printed before, as <number>:<hash>.")
def verify_log(brand_id: int | None, kept: str | None) -> None:
    """Find entries of the audit log that were changed, removed, put elsewhere or cut off.

    Prints each fault and exits 1 where there is one. Whoever may write everything in the database
    could write the whole log anew; a head that was kept elsewhere finds that too.
    """
    if kept is not None and brand_id is None:
        raise click.UsageError("--head is of one brand: give --brand too")
    try:
        head = None if kept is None else audit_chain.read_head(kept)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--head") from None

    async def act(connection: AsyncConnection) -> int:
        count = 0
        for each in await _brands(connection, brand_id):
            found = 0
            async for fault in audit_chain.faults(connection, each, head):
                found += 1
                if found <= MOST_FAULTS:
                    click.echo(f"brand {each}: {fault}")
            if found > MOST_FAULTS:
                click.echo(f"brand {each}: … and {found - MOST_FAULTS} more")
            end = await audit_chain.head(connection, each)
            click.echo(f"brand {each}: {end.seq} entries, {found} faults")
            count += found
        return count

    sys.exit(1 if within(act) else 0)


@audit.command("head")
@any_brand_option
def print_head(brand_id: int | None) -> None:
    """Print the number and hash of the last entry, to be kept where the database is not."""

    async def act(connection: AsyncConnection) -> list[tuple[int, Head]]:
        brands = await _brands(connection, brand_id)
        return [(each, await audit_chain.head(connection, each)) for each in brands]

    for each, head in within(act):
        click.echo(f"{each} {head}")


async def _brands(connection: AsyncConnection, brand_id: int | None) -> list[int]:
    """The brands to look at: also those that only their log remembers."""
    if brand_id is not None:
        await must_exist(connection, brand_id)
        return [brand_id]
    rows = await connection.execute(
        text("SELECT brand_id FROM brand UNION SELECT brand_id FROM audit_head ORDER BY brand_id")
    )
    return [row.brand_id for row in rows]
