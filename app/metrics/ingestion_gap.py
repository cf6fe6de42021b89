"""Local days on which nothing came from a group that had been busy: its events may be missing."""

from datetime import UTC, datetime

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from app.core.sql import sql
from app.metrics.activity import Activity
from app.metrics.caveat import MOST, NAMED, Gap
from app.metrics.funnel import Funnel
from app.metrics.question import Answer, Scope
from app.metrics.retention import Retention

MOST_DAYS = 92
"""Longer windows are not looked through."""

LAST = datetime(2200, 1, 1, tzinfo=UTC)
"""By then every day that can be asked for is over."""


class Gaps(msgspec.Struct, frozen=True):
    """How many there are, up to one more than MOST, and the first of them."""

    count: int
    first: list[Gap]


async def gaps(connection: AsyncConnection, scope: Scope, answer: Answer) -> Gaps | None:
    """The gaps in the days of the window that are over; None where there are none.

    Only of questions that count what goes on in groups. See docs/metrics.md, "Caveats".
    """
    window = scope.window
    today = min(scope.as_of, LAST).astimezone(window.zone).date()
    length = (window.end - window.start).days
    if not isinstance(answer, Activity | Funnel | Retention) or not 0 < length <= MOST_DAYS:
        return None
    found = await connection.execute(
        sql("metrics", "ingestion_gap"),
        {
            "brand": scope.brand_id,
            "group_id": None if isinstance(answer, Funnel) else answer.group_id,
            "first": window.start,
            "last": max(window.start, min(window.end, today)),
            "most": MOST,
        },
    )
    rows = found.all()
    if not rows:
        return None
    return Gaps(len(rows), [Gap(row.group_id, row.day) for row in rows[:NAMED]])
