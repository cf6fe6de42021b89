"""Retention: who of those who joined is still there, or still speaks, n local days later."""

from datetime import UTC, date, datetime, timedelta
from typing import Any, Literal

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from app.core.clock import day_start
from app.core.sql import sql
from app.metrics.question import Answer, Scope
from app.metrics.ratio import Ratio, ratio

Kind = Literal["stay", "speak"]
ONE_DAY = timedelta(days=1)
LAST_KEPT = 62
"""The last day after a joining of which it is kept whether the customer spoke on it."""

FIRST = datetime(1999, 12, 30, tzinfo=UTC)
"""No event is of an earlier local date."""

LAST = datetime(2200, 1, 1, tzinfo=UTC)
"""By then every day that can be asked for is over."""


class RetentionRow(msgspec.Struct, frozen=True):
    """`day` n: of the memberships whose day n was over at as_of, how many were retained."""

    day: int
    mature: int
    retained: int
    rate: Ratio | None


class Retention(Answer, frozen=True, kw_only=True):
    """The answer, one row a day asked for, over all memberships begun in the window."""

    kind: Kind
    days: list[int]
    group_id: str | None
    note_id: str | None
    rows: list[RetentionRow]


async def retention(
    connection: AsyncConnection,
    scope: Scope,
    kind: Kind,
    days: list[int],
    group_id: str | None,
    note_id: str | None,
) -> Retention:
    """Count and divide; see docs/metrics.md, "Retention". `days` ascend, each is there once."""
    zone = scope.window.zone
    asked: dict[str, Any] = {
        "brand": scope.brand_id,
        "start": scope.window.starts_at,
        "end": scope.window.ends_at,
        "days": days,
        "group_id": group_id,
        "note_id": note_id,
        **scope.picks,
    }
    if scope.present and (kind == "stay" or days[-1] <= LAST_KEPT):
        statement = "retention_now"
        window = scope.window
        asked |= {"kind": kind, "first_day": window.start, "end_day": window.end}
        asked |= {"today": min(scope.as_of, LAST).astimezone(zone).date()}
    else:
        statement = f"retention_{kind}"
        first, last = _joining_days(scope)
        count = (last - first).days + days[-1] + 1
        asked |= {
            "as_of": scope.as_of,
            "day_starts": [day_start(zone, first + n * ONE_DAY) for n in range(count)],
            "least": days[0],
            "most": days[-1],
        }
    counted = await connection.execute(sql("metrics", statement), asked)
    return Retention(
        **scope.used("retention"),
        kind=kind,
        days=days,
        group_id=group_id,
        note_id=note_id,
        rows=[
            RetentionRow(
                row.day,
                int(row.mature),
                int(row.retained),
                ratio(int(row.retained), int(row.mature)),
            )
            for row in counted
        ],
    )


def _joining_days(scope: Scope) -> tuple[date, date]:
    """The part of the window in which somebody can have joined, so that no other day is listed."""
    window = scope.window
    known = max(FIRST, min(scope.as_of, datetime.now(UTC) + ONE_DAY)).astimezone(window.zone)
    first = max(window.start, FIRST.date())
    return first, max(first, min(window.end, known.date() + ONE_DAY))
