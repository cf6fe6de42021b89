"""Periods: the local days, ISO weeks and months of a brand, and when their numbers are final."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec

from app.core.clock import Window, day_start, next_start, start_of
from app.derive.stale import GRAINS, Grain, Reach

WITHIN_DAYS = 30
"""How long a cohort is watched, in days of 24 hours."""


class Count(msgspec.Struct, frozen=True):
    """What is counted at once: the numbers of a period of one reach, all as of one instant."""

    grain: Grain
    start: date
    reach: Reach

    @property
    def end(self) -> date:
        return next_start(self.start, self.grain)

    def window(self, zone: ZoneInfo) -> Window:
        return Window(self.start, self.end, zone)

    def as_of(self, zone: ZoneInfo) -> datetime:
        """The end of the period; for a cohort the end of what its last buyer is watched for."""
        end = day_start(zone, self.end)
        return end + timedelta(hours=24 * WITHIN_DAYS) if self.reach == "cohort" else end

    def due_at(self, zone: ZoneInfo) -> datetime:
        """The first local midnight at or after as_of: the day that as_of lies in is over then.

        So an event of today never concerns what was kept. The two differ only where clocks were
        changed in between.
        """
        as_of = self.as_of(zone)
        day = as_of.astimezone(zone).date()
        midnight = day_start(zone, day)
        return midnight if midnight >= as_of else day_start(zone, day + timedelta(days=1))


def all_due(first: date, now: datetime, zone: ZoneInfo) -> Iterator[Count]:
    """What is final at `now`, of all periods since the one that `first` lies in."""
    today = now.astimezone(zone).date()
    reaches: tuple[Reach, ...] = ("day", "cohort")
    for grain in GRAINS:
        start = start_of(first, grain)
        while (end := next_start(start, grain)) <= today:
            for reach in reaches:
                count = Count(grain, start, reach)
                # Most are long over: only of the newest must the instant be worked out.
                if (today - end).days > WITHIN_DAYS + 1 or count.due_at(zone) <= now:
                    yield count
            start = end
