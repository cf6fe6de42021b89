"""What the ids on a page are called: looked up for its rows alone."""

from collections.abc import Iterable
from typing import Any, TypeAlias, TypeVar

import msgspec
from sqlalchemy import ColumnElement, Row, Text, any_, literal, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection

from app.models.tables import metadata

T = TypeVar("T")

Sparse: TypeAlias = T | msgspec.UnsetType
"""A field that is left out where `fields` does not name it."""


def among(column: ColumnElement[Any], ids: Iterable[str | None]) -> ColumnElement[bool]:
    """The column is one of these: one statement, however many they are."""
    wanted = sorted({each for each in ids if each is not None})
    found: ColumnElement[bool] = column == any_(literal(wanted, ARRAY(Text)))
    return found


async def rows_of(
    connection: AsyncConnection,
    brand_id: int,
    table: str,
    ids: Iterable[str | None],
    *columns: str,
    key: str = "",
) -> dict[str, Row[Any]]:
    """These columns of a table's rows, by their id: the second column of the key, or `key`."""
    wanted = {each for each in ids if each is not None}
    if not wanted:
        return {}
    source = metadata.tables[table]
    name = key or [column.name for column in source.primary_key][1]
    found = await connection.execute(
        select(source.c[name].label("key_"), *(source.c[column] for column in columns)).where(
            source.c.brand_id == brand_id, among(source.c[name], wanted)
        )
    )
    return {row.key_: row for row in found}


async def names_of(
    connection: AsyncConnection, brand_id: int, table: str, ids: Iterable[str | None], column: str
) -> dict[str | None, str | None]:
    """One column of a table's rows, by their id."""
    rows = await rows_of(connection, brand_id, table, ids, column)
    return {key: getattr(row, column) for key, row in rows.items()}


async def customers_of(
    connection: AsyncConnection, brand_id: int, space: str, ids: Iterable[str | None]
) -> dict[str | None, str]:
    """The customers that identities of a space (member or buyer) belong to."""
    identity = metadata.tables["identity"]
    wanted = {each for each in ids if each is not None}
    if not wanted:
        return {}
    found = await connection.execute(
        select(identity.c.id, identity.c.customer_id).where(
            identity.c.brand_id == brand_id, identity.c.space == space, among(identity.c.id, wanted)
        )
    )
    return {row.id: row.customer_id for row in found}
