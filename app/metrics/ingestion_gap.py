"""Local days on which nothing came from a group that had been busy: its events may be missing."""

from datetime import timedelta

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from app.core.clock import day_start
from app.core.sql import sql
from app.metrics.activity import Activity
from app.metrics.caveat import MOST, NAMED, Gap
from app.metrics.funnel import Funnel
from app.metrics.question import Answer, Scope
from app.metrics.retention import Retention

MOST_DAYS = 92
"""Longer windows are not looked through."""

DAYS_BEFORE = 28
BUSY = 20
"""The median of messages a day before from which on a day with none is strange."""


class Gaps(msgspec.Struct, frozen=True):
    """How many there are, up to one more than MOST, and the first of them."""

    count: int
    first: list[Gap]


async def gaps(connection: AsyncConnection, scope: Scope, answer: Answer) -> Gaps | None:
    """The gaps in the days of the window that are over; None where there are none.

    Only of questions that count what goes on in groups. See docs/metrics.md, "Caveats".
    """
    window = scope.window
    length = (window.end - window.start).days
    if not isinstance(answer, Activity | Funnel | Retention) or not 0 < length <= MOST_DAYS:
        return None
    day = timedelta(days=1)
    first = window.start - DAYS_BEFORE * day
    starts = [day_start(window.zone, first + n * day) for n in range(DAYS_BEFORE + length + 1)]
    found = await connection.execute(
        sql("metrics", "ingestion_gap"),
        {
            "brand": scope.brand_id,
            "as_of": scope.as_of,
            "group_id": None if isinstance(answer, Funnel) else answer.group_id,
            "day_starts": starts,
            "before": DAYS_BEFORE,
            "busy": BUSY,
            "most": MOST,
        },
    )
    rows = found.all()
    if not rows:
        return None
    named = [Gap(row.group_id, first + (row.n - 1) * day) for row in rows[:NAMED]]
    return Gaps(len(rows), named)
