"""The commands for brands and who may speak for them."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any, TypeVar

import click
import msgspec
from rich.console import Console
from rich.table import Table
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.cli.servers import beside
from app.core.db import open_pool, transaction
from app.core.schema import is_current
from app.crm import audit, brands, keys, sources

T = TypeVar("T")

BrandId = click.IntRange(1, 2**63 - 1)
brand_option = click.option(
    "--brand", "brand_id", required=True, type=BrandId, help="The brand's id."
)
overlap_option = click.option(
    "--overlap-hours",
    default=24,
    show_default=True,
    type=click.IntRange(0, 72),
    help="How long the old one stays live; 0 where it has leaked.",
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


def within(act: Callable[[AsyncConnection], Awaitable[T]], brand_id: int | None = None) -> T:
    """Act in one transaction, of a brand where there is one, committed at its end."""
    settings = beside()

    async def go() -> T:
        pool = open_pool(settings, "hongqun cli")
        try:
            async with transaction(pool, brand_id) as connection:
                if not await is_current(connection):
                    raise click.ClickException("run `hongqun migrate` first")
                return await act(connection)
        finally:
            await pool.dispose()

    return asyncio.run(go())


async def must_exist(connection: AsyncConnection, brand_id: int) -> brands.Brand:
    """The brand, or a clear refusal."""
    found = await brands.find(connection, brand_id)
    if found is None:
        raise click.ClickException(f"there is no brand {brand_id}; see `hongqun brand list`")
    return found


@click.group()
def brand() -> None:
    """Make and list brands."""


@brand.command("create")
@click.option("--name", required=True, help="The brand's name.")
@click.option("--timezone", default="Asia/Shanghai", show_default=True, help="IANA time zone.")
@click.option("--currency", default="CNY", show_default=True, help="ISO 4217 code.")
@json_option
def create_brand(name: str, timezone: str, currency: str, as_json: bool) -> None:
    """Make a brand with a key of all scopes and a webhook source; both secrets show only now."""

    async def act(connection: AsyncConnection) -> dict[str, str]:
        brand_id = await brands.create(connection, name, timezone, currency)
        key = await keys.create(connection, brand_id, "first key")
        source_id, secret = await sources.create(connection, brand_id, "first source")
        await _told(connection, brand_id, "brand.create", str(brand_id))
        await _told(connection, brand_id, "key.create", key.split("_")[2], scopes=keys.SCOPES)
        await _told(connection, brand_id, "source.create", source_id)
        return {
            "brand_id": str(brand_id),
            "api_key": key,
            "source_id": source_id,
            "webhook_secret": secret,
        }

    show(within(act), as_json)


@brand.command("list")
def list_brands() -> None:
    """List the brands of this installation."""

    async def act(connection: AsyncConnection) -> list[tuple[object, ...]]:
        rows = await connection.execute(
            text("SELECT brand_id, name, timezone, currency FROM brand ORDER BY brand_id")
        )
        return [tuple(row) for row in rows]

    table(["brand", "name", "timezone", "currency"], within(act))


@click.group()
def key() -> None:
    """Make, list, rotate and revoke API keys."""


@key.command("create")
@brand_option
@click.option("--name", default="key", show_default=True, help="What it is for.")
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    type=click.Choice(keys.SCOPES),
    help="A scope; may be given several times. All of them where left out.",
)
@click.option(
    "--expires-in-days", "days", type=click.IntRange(1, 3650), help="Never where left out."
)
@json_option
def create_key(
    brand_id: int, name: str, scopes: tuple[str, ...], days: int | None, as_json: bool
) -> None:
    """Make a key; it shows only now."""

    async def act(connection: AsyncConnection) -> dict[str, str]:
        await must_exist(connection, brand_id)
        given = scopes or keys.SCOPES
        made = await keys.create(
            connection, brand_id, name, given, expires_in_days=days, by=audit.CLI
        )
        key_id = made.split("_")[2]
        await _told(connection, brand_id, "key.create", key_id, scopes=given, expires_in_days=days)
        return {"api_key": made}

    show(within(act, brand_id), as_json)


@key.command("list")
@brand_option
def list_keys(brand_id: int) -> None:
    """List the keys of a brand by their readable ids."""

    async def act(connection: AsyncConnection) -> list[tuple[object, ...]]:
        await must_exist(connection, brand_id)
        return [
            (
                k.key_id,
                k.name,
                " ".join(k.scopes),
                *map(minute, (k.created_at, k.last_used_at, k.expires_at, k.revoked_at)),
            )
            for k in await keys.all_of(connection, brand_id)
        ]

    headers = ["key", "name", "scopes", "created", "last used", "expires", "revoked"]
    table(headers, within(act, brand_id))


@key.command("rotate")
@brand_option
@overlap_option
@click.argument("key_id")
@json_option
def rotate_key(brand_id: int, overlap_hours: int, key_id: str, as_json: bool) -> None:
    """Give a key a successor; the old one stays live for a while."""

    async def act(connection: AsyncConnection) -> str | None:
        made = await keys.rotate(connection, brand_id, key_id, overlap_hours, audit.CLI)
        if made is not None:
            new_id = made.split("_")[2]
            await _told(connection, brand_id, "key.rotate", key_id, successor=new_id)
        return made

    made = within(act, brand_id)
    if made is None:
        raise click.ClickException(f"brand {brand_id} has no live key {key_id}")
    show({"api_key": made}, as_json)


@key.command("revoke")
@brand_option
@click.argument("key_id")
def revoke_key(brand_id: int, key_id: str) -> None:
    """Revoke a key, at once, by its readable id (the third part of hq_<brand>_<id>_…)."""

    async def act(connection: AsyncConnection) -> bool:
        done = await keys.revoke(connection, brand_id, key_id)
        if done:
            await _told(connection, brand_id, "key.revoke", key_id)
        return done

    if not within(act, brand_id):
        raise click.ClickException(f"brand {brand_id} has no live key {key_id}")
    click.echo(f"revoked {key_id}")


@click.group()
def source() -> None:
    """Make webhook sources and rotate their secrets."""


@source.command("create")
@brand_option
@click.option("--name", default="source", show_default=True, help="What it is.")
@json_option
def create_source(brand_id: int, name: str, as_json: bool) -> None:
    """Make a source; its secret shows only now."""

    async def act(connection: AsyncConnection) -> dict[str, str]:
        await must_exist(connection, brand_id)
        source_id, secret = await sources.create(connection, brand_id, name)
        await _told(connection, brand_id, "source.create", source_id)
        return {"source_id": source_id, "webhook_secret": secret}

    show(within(act, brand_id), as_json)


@source.command("rotate")
@brand_option
@overlap_option
@click.argument("source_id")
@json_option
def rotate_source(brand_id: int, overlap_hours: int, source_id: str, as_json: bool) -> None:
    """Give a source a new secret; the old one stays live for a while."""

    async def act(connection: AsyncConnection) -> str | None:
        secret = await sources.rotate(connection, brand_id, source_id, overlap_hours)
        if secret is not None:
            await _told(
                connection, brand_id, "source.rotate", source_id, overlap_hours=overlap_hours
            )
        return secret

    secret = within(act, brand_id)
    if secret is None:
        raise click.ClickException(f"brand {brand_id} has no source {source_id}")
    show({"source_id": source_id, "webhook_secret": secret}, as_json)


async def _told(
    connection: AsyncConnection, brand_id: int, action: str, subject: str, **detail: Any
) -> None:
    """Record in the audit log what a command did."""
    await audit.record(connection, brand_id, audit.CLI, action, subject, detail)


def show(fields: dict[str, str], as_json: bool) -> None:
    """Print fields, for people or for programs."""
    if as_json:
        click.echo(msgspec.json.encode(fields).decode())
        return
    for name, value in fields.items():
        click.echo(f"{name:<15} {value}")


def minute(at: datetime | None) -> str:
    """An instant for people, in UTC."""
    return "" if at is None else f"{at:%Y-%m-%d %H:%M}"


def table(headers: list[str], rows: list[tuple[object, ...]]) -> None:
    """Print rows as a table."""
    made = Table(*headers)
    for row in rows:
        made.add_row(*(str(value) for value in row))
    Console().print(made)
