"""Lives (直播): who watched each, who joined from it, and what was bought in and after it."""

from datetime import datetime

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from app.core.sql import sql
from app.metrics.question import Answer, Scope


class LiveRow(msgspec.Struct, frozen=True):
    """One live; `end` is null while it runs, gmv is in the currency's minor unit."""

    live_id: str
    title: str | None
    start: datetime
    end: datetime | None
    viewers: int
    group_viewers: int
    joins: int
    orders: int
    gmv: int
    member_orders: int
    member_gmv: int


class Lives(Answer, frozen=True, kw_only=True):
    """The answer, one row a live that started in the window."""

    rows: list[LiveRow]


async def lives(connection: AsyncConnection, scope: Scope) -> Lives:
    """Count the lives of the window; see docs/metrics.md, "Lives"."""
    counted = await connection.execute(
        sql("metrics", "lives_now" if scope.present else "lives"),
        {
            "brand": scope.brand_id,
            "start": scope.window.starts_at,
            "end": scope.window.ends_at,
            "as_of": scope.as_of,
        },
    )
    return Lives(
        **scope.used("lives"),
        rows=[
            LiveRow(
                live_id=row.live_id,
                title=row.title,
                start=row.started_at,
                end=row.ended_at,
                viewers=int(row.viewers),
                group_viewers=int(row.group_viewers),
                joins=int(row.joins),
                orders=int(row.orders),
                gmv=int(row.gmv),
                member_orders=int(row.member_orders),
                member_gmv=int(row.member_gmv),
            )
            for row in counted
        ],
    )
