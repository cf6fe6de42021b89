"""Creators: list and one."""

from collections.abc import Sequence
from typing import Any, Literal

import msgspec
from msgspec import UNSET
from sqlalchemy import Row, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.lists.condition import found_by, given, same
from app.lists.listing import Asked, By, Filter, Listing
from app.lists.names import Sparse, among
from app.lists.search import Excerpt, Query
from app.models.tables import metadata

CREATOR = metadata.tables["creator"]
NOTE = metadata.tables["note"]

CreatorSort = Literal["creator_id", "-creator_id"]
CreatorKind = Literal["brand", "employee", "kol", "koc", "customer"]
ORDERS = {
    "creator_id": By(("creator_id",), (str,)),
    "-creator_id": By(("creator_id",), (str,), descending=True),
}


class Creator(msgspec.Struct, frozen=True):
    """A creator; `notes` is how many notes are by it."""

    creator_id: Sparse[str] = UNSET
    name: Sparse[str | None] = UNSET
    kind: Sparse[str | None] = UNSET
    mcn: Sparse[str | None] = UNSET
    notes: Sparse[int] = UNSET
    excerpt: Sparse[Excerpt | None] = UNSET


class CreatorFilters(msgspec.Struct, frozen=True):
    """What creators are asked for."""

    kind: CreatorKind | None = None
    mcn: str | None = None
    q: Query | None = None

    def listing(self, brand_id: int) -> Listing:
        """These of a brand's creators."""
        return Listing(
            CREATOR,
            (lambda t: t.c.brand_id == brand_id,),
            given(same("kind", self.kind), same("mcn", self.mcn), _named(self.q)),
        )


def _named(query: Query | None) -> Filter | None:
    if query is None:
        return None
    return Filter(
        lambda t: query.within(func.coalesce(t.c.name, "") + " " + func.coalesce(t.c.mcn, "")),
        "creator_id",
        found_by("creator", "creator_id", query),
        loose=True,
    )


async def page(
    connection: AsyncConnection, brand_id: int, filters: CreatorFilters, asked: Asked
) -> tuple[list[Creator], str | None]:
    """A page of creators, and the cursor of the next."""
    found = await filters.listing(brand_id).page(connection, "creators", ORDERS, asked)
    return await _dressed(connection, brand_id, found.rows, filters.q), found.next


async def one(connection: AsyncConnection, brand_id: int, creator_id: str) -> Creator | None:
    """A creator by its id."""
    rows = await connection.execute(
        select(CREATOR).where(CREATOR.c.brand_id == brand_id, CREATOR.c.creator_id == creator_id)
    )
    items = await _dressed(connection, brand_id, rows.all(), None)
    return items[0] if items else None


async def _dressed(
    connection: AsyncConnection, brand_id: int, rows: Sequence[Row[Any]], query: Query | None
) -> list[Creator]:
    counted = await connection.execute(
        select(NOTE.c.creator_id, func.count().label("notes"))
        .where(
            NOTE.c.brand_id == brand_id,
            among(NOTE.c.creator_id, (row.creator_id for row in rows)),
        )
        .group_by(NOTE.c.creator_id)
    )
    notes = {row.creator_id: row.notes for row in counted}
    return [
        Creator(
            creator_id=row.creator_id,
            name=row.name,
            kind=row.kind,
            mcn=row.mcn,
            notes=notes.get(row.creator_id, 0),
            excerpt=query.excerpt(f"{row.name or ''} {row.mcn or ''}") if query else UNSET,
        )
        for row in rows
    ]
