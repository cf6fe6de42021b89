"""The funnel: from a note, creator, agency, live, kind of source or group to members and money."""

from typing import Any, Literal

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from app.core.errors import BadParameter
from app.core.sql import sql
from app.metrics.question import Answer, Scope

By = Literal["note", "creator", "mcn", "live", "source_kind", "group"]


class FunnelRow(msgspec.Struct, frozen=True):
    """One key: its joinings and what they led to, then the orders credited to it."""

    key: str | None
    name: str | None
    joins: int
    joined_customers: int
    mature_joins: int
    left: int
    speakers: int
    buyers: int
    repeat_buyers: int
    credited_orders: int
    credited_gmv: int
    credited_net_gmv: int


COLUMNS = FunnelRow.__struct_fields__


class Funnel(Answer, frozen=True, kw_only=True):
    """The answer; credited sums over all rows are the brand's. `next`: cursor of the next page."""

    by: By
    within_days: int
    sort: str
    rows: list[FunnelRow]
    next: str | None


async def funnel(
    connection: AsyncConnection,
    scope: Scope,
    by: By,
    within_days: int,
    sort: str,
    page: slice,
) -> Funnel:
    """Count all rows, sort them, and give those of the page; see docs/metrics.md, "Funnel".

    Raises:
        BadParameter: where `sort` names no column.
    """
    column = sort.removeprefix("-")
    if column not in COLUMNS:
        raise BadParameter("sort", f"must be one of {', '.join(COLUMNS)}, with - for descending")
    dates = scope.dates
    name = "funnel"
    if scope.present:
        name = "funnel_now" if scope.picked is None else "funnel_segment_now"
    counted = await connection.execute(
        sql("metrics", name, "funnel_rows"),
        {
            "brand": scope.brand_id,
            "start": scope.window.starts_at,
            "end": scope.window.ends_at,
            "as_of": scope.as_of,
            "by": by,
            "within_days": within_days,
            "dimension": "note" if by in ("creator", "mcn") else by,
            "first_day": dates["start"],
            "end_day": dates["end"],
            "first_month": dates["first_month"],
            "last_month": dates["last_month"],
            **scope.picks,
        },
    )
    rows = sorted(
        (
            FunnelRow(row.key, row.name, *(int(getattr(row, name)) for name in COLUMNS[2:]))
            for row in counted
        ),
        key=lambda row: (row.key is None, row.key or ""),
    )
    _sort(rows, column, descending=sort.startswith("-"))
    return Funnel(
        **scope.used("funnel"),
        by=by,
        within_days=within_days,
        sort=sort,
        rows=rows[page],
        next=str(page.stop) if page.stop is not None and page.stop < len(rows) else None,
    )


def _sort(rows: list[FunnelRow], column: str, *, descending: bool) -> None:
    """Sort by a column; where it is equal the order before stays, and null comes last."""

    def value(row: FunnelRow) -> Any:
        return getattr(row, column)

    known = sorted((row for row in rows if value(row) is not None), key=value, reverse=descending)
    rows[:] = known + [row for row in rows if value(row) is None]
