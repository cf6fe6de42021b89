"""The periods of an export: its own, and the four before it, each as of its own instant."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.core.clock import Window
from app.exports.asked import Run
from app.exports.weeks import Week, scheduled
from app.metrics.question import Scope, is_present

BEFORE = 4
WITHIN_DAYS = 30
MATURE_DAYS = 35
"""Whole weeks that ended so long before a period's end are mature after 30 days of 24 hours."""

FIRST_DAY = date(1999, 12, 30)
"""No event is of a local date before it."""

PUBLISHED = """
SELECT week, min(as_of) AS as_of FROM export
WHERE brand_id = :brand AND kind = 'weekly' AND state = 'done' AND revision IS NOT NULL
    AND week = ANY (CAST(:weeks AS text[]))
GROUP BY week
"""


class Period(msgspec.Struct, frozen=True, kw_only=True):
    """A period by its name: an ISO week or two dates. `cohort` is of its repurchase."""

    name: str
    scope: Scope
    cohort: Scope

    @property
    def columns(self) -> tuple[str, date, date, datetime]:
        """What each row about it begins with."""
        window = self.scope.window
        return (self.name, window.start, window.end, self.scope.as_of)


async def periods_of(
    connection: AsyncConnection, run: Run, zone: ZoneInfo, currency: str
) -> list[Period]:
    """The periods, the newest first."""
    assert run.first_day is not None
    assert run.end_day is not None
    newest = Window(run.first_day, run.end_day, zone)
    length = newest.end - newest.start
    windows = [
        Window(newest.start - n * length, newest.end - n * length, zone)
        for n in range(BEFORE + 1)
        # Nothing is known of an empty window's past, nor from before there were events.
        if n == 0 or (length and (newest.start - FIRST_DAY) // length >= n)
    ]
    if run.kind == "weekly":
        instants = await _of_weeks(connection, run, windows)
    else:
        lag = run.as_of - newest.ends_at
        instants = [min(run.as_of, window.ends_at + lag) for window in windows]
    found = []
    for window, as_of in zip(windows, instants, strict=True):
        present = await is_present(connection, run.brand_id, as_of)
        cohort_end = window.end - timedelta(days=MATURE_DAYS)
        cohort = Window(cohort_end - timedelta(days=7), cohort_end, zone)
        found.append(
            Period(
                name=_name(run, window),
                scope=_scope(run, currency, window, as_of, present),
                cohort=_scope(run, currency, cohort, as_of, present),
            )
        )
    return found


async def _of_weeks(connection: AsyncConnection, run: Run, windows: list[Window]) -> list[datetime]:
    """As of when the weeks were published or, where they were not, would have been."""
    earlier = windows[1:]
    rows = await connection.execute(
        text("SELECT export_weekday, export_time FROM brand WHERE brand_id = :brand"),
        {"brand": run.brand_id},
    )
    weekday, at = rows.one()
    names = [Week(window.start).name for window in earlier]
    published = await connection.execute(text(PUBLISHED), {"brand": run.brand_id, "weeks": names})
    known = {row.week: row.as_of for row in published}
    return [
        run.as_of,
        *(
            known.get(name) or min(run.as_of, scheduled(window.zone, window.end, weekday, at))
            for name, window in zip(names, earlier, strict=True)
        ),
    ]


def _name(run: Run, window: Window) -> str:
    return Week(window.start).name if run.kind == "weekly" else f"{window.start}/{window.end}"


def _scope(run: Run, currency: str, window: Window, as_of: datetime, present: bool) -> Scope:
    return Scope(
        brand_id=run.brand_id, currency=currency, window=window, as_of=as_of, present=present
    )
