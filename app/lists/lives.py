"""Lives: list and one."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal

import msgspec
from msgspec import UNSET
from sqlalchemy import Row, select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.lists.condition import Range, given, known, ranged, same
from app.lists.groups import said
from app.lists.listing import Asked, By, Listing
from app.lists.names import Sparse, names_of, rows_of
from app.lists.notes import by_mcn
from app.lists.search import Excerpt, Query
from app.models.tables import metadata

LIVE = metadata.tables["live"]

LiveSort = Literal["-started_at", "started_at"]
ORDERS = {
    "-started_at": By(("started_at", "live_id"), (datetime, str), True, nullable=True),
    "started_at": By(("started_at", "live_id"), (datetime, str), nullable=True),
}
COUNTS = ("viewers", "group_viewers", "joins", "orders", "gmv")


class Live(msgspec.Struct, frozen=True):
    """A live; `ended_at` is null while it runs. The counts are those of GET /v1/metrics/lives."""

    live_id: Sparse[str] = UNSET
    title: Sparse[str | None] = UNSET
    creator_id: Sparse[str | None] = UNSET
    creator_name: Sparse[str | None] = UNSET
    started_at: Sparse[datetime | None] = UNSET
    ended_at: Sparse[datetime | None] = UNSET
    viewers: Sparse[int] = UNSET
    group_viewers: Sparse[int] = UNSET
    joins: Sparse[int] = UNSET
    orders: Sparse[int] = UNSET
    gmv: Sparse[int] = UNSET
    excerpt: Sparse[Excerpt | None] = UNSET


class LiveFilters(msgspec.Struct, frozen=True):
    """What lives are asked for; `running`: begun and not ended."""

    creator_id: str | None = None
    mcn: str | None = None
    running: bool | None = None
    started: Range = Range()
    q: Query | None = None

    def listing(self, brand_id: int) -> Listing:
        """These of a brand's lives."""
        ended = None if self.running is None else not self.running
        return Listing(
            LIVE,
            (lambda t: t.c.brand_id == brand_id,),
            given(
                ranged("started_at", self.started),
                same("creator_id", self.creator_id),
                by_mcn(brand_id, self.mcn),
                known("ended_at", ended),
                known("started_at", True if self.running else None),
                said("live", "live_id", "title", self.q),
            ),
        )


async def page(
    connection: AsyncConnection, brand_id: int, filters: LiveFilters, asked: Asked
) -> tuple[list[Live], str | None]:
    """A page of lives, and the cursor of the next."""
    found = await filters.listing(brand_id).page(connection, "lives", ORDERS, asked)
    return await _dressed(connection, brand_id, found.rows, filters.q), found.next


async def one(connection: AsyncConnection, brand_id: int, live_id: str) -> Live | None:
    """A live by its id."""
    rows = await connection.execute(
        select(LIVE).where(LIVE.c.brand_id == brand_id, LIVE.c.live_id == live_id)
    )
    items = await _dressed(connection, brand_id, rows.all(), None)
    return items[0] if items else None


async def _dressed(
    connection: AsyncConnection, brand_id: int, rows: Sequence[Row[Any]], query: Query | None
) -> list[Live]:
    names = await names_of(
        connection, brand_id, "creator", (row.creator_id for row in rows), "name"
    )
    sums = await rows_of(connection, brand_id, "live_sum", (row.live_id for row in rows), *COUNTS)

    def item(row: Row[Any]) -> Live:
        counts = sums.get(row.live_id)
        return Live(
            live_id=row.live_id,
            title=row.title,
            creator_id=row.creator_id,
            creator_name=names.get(row.creator_id),
            started_at=row.started_at,
            ended_at=row.ended_at,
            excerpt=query.excerpt(row.title or "") if query else UNSET,
            **{name: int(getattr(counts, name)) if counts else 0 for name in COUNTS},
        )

    return [item(row) for row in rows]
