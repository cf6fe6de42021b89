"""A brand from its file: the same events and statements, so the same numbers."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec
from sqlalchemy import text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from app.core.errors import Problem
from app.crm import brands, sources
from app.ingest.decode import Sender
from app.ingest.inbox import take_in
from app.models.tables import metadata
from app.moves.lines import FORMAT, End, Head, from_json, settings_columns, written


class NotOurs(Exception):
    """The file is none that `brand export` wrote, or not whole."""


class Line(msgspec.Struct, frozen=True):
    """A line of the file, as far as it is no event."""

    brand: Head | None = msgspec.field(name="hongqun.brand", default=None)
    source: dict[str, str] | None = msgspec.field(name="hongqun.source", default=None)
    row: dict[str, Any] | None = msgspec.field(name="hongqun.row", default=None)
    end: End | None = msgspec.field(name="hongqun.end", default=None)


_decoder = msgspec.json.Decoder(Line)


def told(line: bytes) -> Line | None:
    """What a line tells; None for an event.

    Raises:
        NotOurs: where it is neither.
    """
    if not line.startswith(b'{"hongqun.'):
        return None
    try:
        return _decoder.decode(line)
    except msgspec.DecodeError as error:
        raise NotOurs(f"a line cannot be read: {error}") from None


async def create(connection: AsyncConnection, head: Head) -> int:
    """Make the brand with its settings; those that this release does not know are left out.

    Raises:
        NotOurs: where a later release wrote the file, or the settings are none.
    """
    if head.format != FORMAT:
        raise NotOurs(f"the file has format {head.format}, this release reads {FORMAT}")
    given = {name: value for name, value in head.settings.items() if name in settings_columns()}
    try:
        brand_id = await brands.create(
            connection, given["name"], given["timezone"], given["currency"]
        )
    except (KeyError, Problem) as error:
        raise NotOurs(f"the settings are no brand's: {error}") from None
    brand = metadata.tables["brand"]
    settings = from_json(brand, given)
    await connection.execute(brand.update().where(brand.c.brand_id == brand_id).values(**settings))
    return brand_id


async def add_source(connection: AsyncConnection, brand_id: int, name: str) -> tuple[str, str]:
    """Make a source of this name: its id and its secret, which are new."""
    return await sources.create(connection, brand_id, name)


async def add_rows(
    connection: AsyncConnection, brand_id: int, rows: Sequence[dict[str, Any]]
) -> None:
    """Write what operators wrote; rows that are there already stay as they are."""
    known = {table.name: table for table in written()}
    by_table: dict[str, list[dict[str, Any]]] = {}
    for each in rows:
        by_table.setdefault(each["table"], []).append(each["row"])
    for name, given in by_table.items():
        if name not in known:
            raise NotOurs(f"this release has no table {name}")
        table = known[name]
        values = [from_json(table, row) | {"brand_id": brand_id} for row in given]
        await connection.execute(insert(table).on_conflict_do_nothing(), values)


async def settle(connection: AsyncConnection, brand_id: int) -> None:
    """Have a worker work out anew what depends on settings and on what operators wrote."""
    await connection.execute(
        text("INSERT INTO dirty_brand (brand_id) VALUES (:brand)"), {"brand": brand_id}
    )


async def add_events(
    connection: AsyncConnection, brand_id: int, currency: str, raws: Sequence[bytes]
) -> tuple[int, int]:
    """Take events in: how many were accepted, how many were there already.

    Raises:
        NotOurs: where one is rejected, which was accepted once.
    """
    receipt = await take_in(connection, brand_id, Sender("api", currency), raws, datetime.now(UTC))
    if receipt.rejected:
        first = receipt.rejected[0]
        raise NotOurs(f"event {first.id} is rejected: {first.code} {first.detail}")
    return receipt.accepted, receipt.duplicates


async def is_empty(connection: AsyncConnection, brand_id: int) -> bool:
    """Whether a brand has no event yet."""
    return not await connection.scalar(
        text("SELECT EXISTS (SELECT FROM event_identity WHERE brand_id = :brand)"),
        {"brand": brand_id},
    )
