"""ISO weeks of a brand: their local days, and the instant at which their export is due."""

import re
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import msgspec

from app.core.clock import MICROSECOND

WEEK = r"^[0-9]{4}-W[0-9]{2}$"
FIRST, LAST = date(2000, 1, 3), date(2099, 12, 28)
"""The Mondays of the first and the last week that can be asked for."""

SEVEN = timedelta(days=7)
_week = re.compile(WEEK, re.ASCII)


class Week(msgspec.Struct, frozen=True, order=True):
    """The seven local days from a Monday on."""

    first_day: date

    @property
    def end_day(self) -> date:
        """The Monday after it, which it does not hold."""
        return self.first_day + SEVEN

    @property
    def name(self) -> str:
        """As ISO 8601 writes it: 2026-W46."""
        year, number, _ = self.first_day.isocalendar()
        return f"{year:04}-W{number:02}"

    def plus(self, weeks: int) -> "Week":
        return Week(self.first_day + weeks * SEVEN)


def parse_week(name: str) -> Week:
    """Read the name of a week.

    Raises:
        ValueError: with a sentence on what is wrong with it.
    """
    if not _week.fullmatch(name):
        raise ValueError("must be an ISO week, as 2026-W46")
    try:
        first = date.fromisocalendar(int(name[:4]), int(name[6:]), 1)
    except ValueError:
        raise ValueError("is no week of that year") from None
    if not FIRST <= first <= LAST:
        raise ValueError("must lie between 2000-W01 and 2099-W53")
    return Week(first)


def week_of(day: date) -> Week:
    """The week that a local date lies in."""
    return Week(day - timedelta(days=day.weekday()))


def scheduled(zone: ZoneInfo, end_day: date, weekday: int, at: str) -> datetime:
    """When what ends with `end_day` (excluded) is exported: the first such weekday from then on.

    weekday: 1 is Monday. at: local HH:MM. Where clocks skip that time it is the instant to which
    they sprang; where they show it twice, the earlier one.
    """
    day = end_day + timedelta(days=(weekday - 1 - end_day.weekday()) % 7)
    return local_instant(zone, day, at)


def local_instant(zone: ZoneInfo, day: date, at: str) -> datetime:
    """The instant at which clocks show a time, or the one at which they sprang over it."""
    naive = datetime.combine(day, time.fromisoformat(at))
    found = naive.replace(tzinfo=zone, fold=0).astimezone(UTC)
    if found.astimezone(zone).replace(tzinfo=None) == naive:
        return found
    # Between the readings by the offset after and by the one before the clocks sprang.
    low, high = naive.replace(tzinfo=zone, fold=1).astimezone(UTC), found
    after = high.astimezone(zone).utcoffset()
    while high - low > MICROSECOND:
        middle = low + (high - low) // 2
        if middle.astimezone(zone).utcoffset() == after:
            high = middle
        else:
            low = middle
    return high


def newest_due(zone: ZoneInfo, weekday: int, at: str, now: datetime) -> tuple[Week, datetime]:
    """The newest week whose export has fallen due by `now`, and when the next one falls due."""
    week = week_of(now.astimezone(zone).date())
    while (due := scheduled(zone, week.end_day, weekday, at)) > now:
        following = due
        week = week.plus(-1)
    return week, following
