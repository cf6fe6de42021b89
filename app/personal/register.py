"""The register of erasures: when, by whom and why, but not who."""

from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.core.page import Sort, after, ordered, read_cursor, write_cursor
from app.models.personal import Erasure

ORDER = (
    Sort(Erasure.__table__.c.made_at, datetime, descending=True),
    Sort(Erasure.__table__.c.erasure_id, str, descending=True),
)


class Registered(msgspec.Struct, frozen=True):
    """An erasure. `customer_id` is of the surrogate, `counts` has rows changed by table.

    Until `finished_at` stored events and dead letters are still being gone through.
    """

    erasure_id: str
    customer_id: str
    made_at: datetime
    made_by: str
    reason: str
    counts: dict[str, int]
    finished_at: datetime | None


class ErasurePage(msgspec.Struct, frozen=True):
    """Erasures, newest first; `next` is the cursor of the following page."""

    items: list[Registered]
    next: str | None


async def page(
    connection: AsyncConnection, brand_id: int, limit: int, cursor: str | None
) -> ErasurePage:
    """A page of the register."""
    asked = select(Erasure.__table__).where(Erasure.__table__.c.brand_id == brand_id)
    if cursor is not None:
        asked = asked.where(after(ORDER, read_cursor("erasures", cursor, ORDER)))
    rows = (await connection.execute(ordered(asked, ORDER).limit(limit + 1))).all()
    items = [_registered(row) for row in rows[:limit]]
    following = None
    if len(rows) > limit:
        following = write_cursor("erasures", [items[-1].made_at, items[-1].erasure_id])
    return ErasurePage(items, following)


async def find(connection: AsyncConnection, brand_id: int, erasure_id: str) -> Registered | None:
    """One erasure."""
    table = Erasure.__table__
    rows = await connection.execute(
        select(table).where(table.c.brand_id == brand_id, table.c.erasure_id == erasure_id)
    )
    row = rows.one_or_none()
    return None if row is None else _registered(row)


def _registered(row: Any) -> Registered:
    return Registered(
        row.erasure_id,
        row.customer_id,
        row.made_at,
        row.made_by,
        row.reason,
        row.counts,
        row.finished_at,
    )
