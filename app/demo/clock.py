"""The calendar of the sample brand: 26 whole weeks in Shanghai, and when people are awake."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, timezone
from random import Random

# China keeps no daylight saving time, so an offset is enough to write local times.
SHANGHAI = timezone(timedelta(hours=8))
WEEKS = 26
DAYS = WEEKS * 7

# How busy each hour of a day is: quiet nights, a lunch break, and the evening on the phone.
HOUR_WEIGHTS = (2, 1, 0, 0, 0, 0, 1, 3, 5, 6, 7, 8, 12, 9, 6, 6, 6, 7, 10, 15, 22, 26, 20, 9)

# How busy each day of a week is, Monday first.
WEEKDAY_WEIGHTS = (9, 8, 9, 9, 11, 15, 14)


@dataclass(frozen=True)
class Window:
    """The weeks the story tells, from a Monday to a Monday, the end excluded."""

    start: datetime
    end: datetime

    def day(self, number: int) -> datetime:
        """Midnight of the given day, counted from 0."""
        return self.start + timedelta(days=number)

    def moment(self, week: int, hour: int, minute: int = 0) -> datetime:
        """The given time on the Monday of the given week, counted from 0."""
        return self.day(week * 7) + timedelta(hours=hour, minutes=minute)

    def week_of(self, at: datetime) -> int:
        """The number of the week that `at` lies in, counted from 0."""
        return (at - self.start) // timedelta(weeks=1)


def window_before(end: date) -> Window:
    """The 26 weeks up to the last Monday that is not after `end`."""
    monday = end - timedelta(days=end.weekday())
    close = datetime.combine(monday, time(), SHANGHAI)
    return Window(close - timedelta(weeks=WEEKS), close)


def midnight(at: datetime) -> datetime:
    """The start of the local day that `at` lies in."""
    return datetime.combine(at.date(), time(), SHANGHAI)


def waking_moment(rng: Random, day: datetime) -> datetime:
    """A moment of that day, most likely in the evening."""
    hour = rng.choices(range(24), HOUR_WEIGHTS)[0]
    return midnight(day) + timedelta(hours=hour, seconds=rng.randrange(3600))


def busy_day(rng: Random, week_start: datetime) -> datetime:
    """A day of that week, most likely on the weekend."""
    return week_start + timedelta(days=rng.choices(range(7), WEEKDAY_WEIGHTS)[0])


def minutes_later(rng: Random, at: datetime, low: int, high: int) -> datetime:
    """A moment that lies `low` to `high` minutes after `at`."""
    return at + timedelta(seconds=rng.randint(low * 60, high * 60))


def days_later(rng: Random, at: datetime, mean: float) -> datetime:
    """A waking moment after `at`, on average `mean` days later; soon is likelier than late."""
    target = at + timedelta(days=rng.expovariate(1 / mean))
    moment = waking_moment(rng, target)
    return moment if moment > at else minutes_later(rng, target, 5, 90)
