"""Notes: list and one."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal

import msgspec
from msgspec import UNSET
from sqlalchemy import Row, Text, literal, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncConnection

from app.core.sql import sql
from app.lists.condition import Range, given, ranged
from app.lists.groups import said
from app.lists.listing import Asked, By, Filter, Listing
from app.lists.names import Sparse, rows_of
from app.lists.search import Excerpt, Query
from app.models.tables import metadata

NOTE = metadata.tables["note"]
CREATOR = metadata.tables["creator"]

NoteSort = Literal["-published_at", "published_at", "-views", "views"]
ORDERS = {
    "-published_at": By(("published_at", "note_id"), (datetime, str), True, nullable=True),
    "published_at": By(("published_at", "note_id"), (datetime, str), nullable=True),
    "-views": By(("views", "note_id"), (int, str), True, nullable=True),
    "views": By(("views", "note_id"), (int, str), nullable=True),
}
JOINS = 10_000
"""Joins of a note are counted up to here."""


class Note(msgspec.Struct, frozen=True):
    """A note with the latest of its measurements; `joins` are memberships that it brought.

    `joins_at_least`: they were counted up to 10,000.
    """

    note_id: Sparse[str] = UNSET
    title: Sparse[str | None] = UNSET
    url: Sparse[str | None] = UNSET
    creator_id: Sparse[str | None] = UNSET
    creator_name: Sparse[str | None] = UNSET
    mcn: Sparse[str | None] = UNSET
    published_at: Sparse[datetime | None] = UNSET
    group_ids: Sparse[list[str]] = UNSET
    skus: Sparse[list[str]] = UNSET
    views: Sparse[int | None] = UNSET
    likes: Sparse[int | None] = UNSET
    collects: Sparse[int | None] = UNSET
    comments: Sparse[int | None] = UNSET
    shares: Sparse[int | None] = UNSET
    joins: Sparse[int] = UNSET
    joins_at_least: Sparse[bool] = UNSET
    excerpt: Sparse[Excerpt | None] = UNSET


class NoteFilters(msgspec.Struct, frozen=True):
    """What notes are asked for; `group_id`: mounted on the note."""

    creator_id: str | None = None
    mcn: str | None = None
    group_id: str | None = None
    published: Range = Range()
    q: Query | None = None

    def listing(self, brand_id: int) -> Listing:
        """These of a brand's notes."""
        return Listing(
            NOTE,
            (lambda t: t.c.brand_id == brand_id,),
            given(
                ranged("published_at", self.published),
                by_creator(self.creator_id),
                by_mcn(brand_id, self.mcn),
                _mounted(self.group_id),
                said("note", "note_id", "title", self.q),
            ),
        )


def by_creator(creator_id: str | None) -> Filter | None:
    """It is of this creator."""
    if creator_id is None:
        return None
    # The one value is looked up as if there were several, so that it can lead.
    return Filter(
        lambda t: t.c.creator_id == creator_id,
        "creator_id",
        select(literal(creator_id, Text)),
    )


def by_mcn(brand_id: int, mcn: str | None) -> Filter | None:
    """It is of a creator who is signed to this MCN now."""
    if mcn is None:
        return None
    signed = select(CREATOR.c.creator_id).where(
        CREATOR.c.brand_id == brand_id, CREATOR.c.mcn == mcn
    )

    def holds(t: Any) -> Any:
        agency = (
            select(CREATOR.c.mcn)
            .where(CREATOR.c.brand_id == brand_id, CREATOR.c.creator_id == t.c.creator_id)
            .correlate(t)
            .scalar_subquery()
        )
        return agency == mcn

    return Filter(holds, "creator_id", signed)


def _mounted(group_id: str | None) -> Filter | None:
    if group_id is None:
        return None
    return Filter(lambda t: t.c.group_ids.op("@>")(literal([group_id], JSONB)))


async def page(
    connection: AsyncConnection, brand_id: int, filters: NoteFilters, asked: Asked
) -> tuple[list[Note], str | None]:
    """A page of notes, and the cursor of the next."""
    found = await filters.listing(brand_id).page(connection, "notes", ORDERS, asked)
    return await _dressed(connection, brand_id, found.rows, filters.q), found.next


async def one(connection: AsyncConnection, brand_id: int, note_id: str) -> Note | None:
    """A note by its id."""
    rows = await connection.execute(
        select(NOTE).where(NOTE.c.brand_id == brand_id, NOTE.c.note_id == note_id)
    )
    items = await _dressed(connection, brand_id, rows.all(), None)
    return items[0] if items else None


async def _dressed(
    connection: AsyncConnection, brand_id: int, rows: Sequence[Row[Any]], query: Query | None
) -> list[Note]:
    creators = await rows_of(
        connection, brand_id, "creator", (row.creator_id for row in rows), "name", "mcn"
    )
    counted = await connection.execute(
        sql("lists", "joins_of_notes"),
        {"brand": brand_id, "notes": [row.note_id for row in rows], "most": JOINS + 1},
    )
    joins = {row.note_id: row.joins for row in counted}

    def item(row: Row[Any]) -> Note:
        creator = creators.get(row.creator_id)
        return Note(
            note_id=row.note_id,
            title=row.title,
            url=row.url,
            creator_id=row.creator_id,
            creator_name=creator.name if creator else None,
            mcn=creator.mcn if creator else None,
            published_at=row.published_at,
            group_ids=row.group_ids or [],
            skus=row.skus or [],
            views=row.views,
            likes=row.likes,
            collects=row.collects,
            comments=row.comments,
            shares=row.shares,
            joins=min(joins[row.note_id], JOINS),
            joins_at_least=joins[row.note_id] > JOINS,
            excerpt=query.excerpt(row.title or "") if query else UNSET,
        )

    return [item(row) for row in rows]
