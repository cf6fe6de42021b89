"""Instants as microseconds since 1970 (UTC), and the brand's local days and buckets."""

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
ONE_DAY = timedelta(days=1)
HOUR = 3_600_000_000
DAY = 24 * HOUR


def instant(text: str) -> int:
    """An RFC 3339 text, cut to microseconds."""
    return (datetime.fromisoformat(text.upper()) - EPOCH) // MICROSECOND


def rfc3339(at: int) -> str:
    return (EPOCH + at * MICROSECOND).isoformat().replace("+00:00", "Z")


def wall(zone: ZoneInfo, at: int) -> datetime:
    return (EPOCH + at * MICROSECOND).astimezone(zone)


@lru_cache(maxsize=65536)
def begin(zone: ZoneInfo, day: date) -> int:
    """The earliest instant of a local date: the first of two midnights, the end of a gap."""
    midnight = datetime(day.year, day.month, day.day, tzinfo=zone)
    at = (midnight.astimezone(UTC) - EPOCH) // MICROSECOND
    if wall(zone, at).replace(tzinfo=None) == midnight.replace(tzinfo=None):
        return at
    before = (midnight.replace(fold=1).astimezone(UTC) - EPOCH) // MICROSECOND
    while at - before > 1:
        middle = (before + at) // 2
        if wall(zone, middle).date() >= day:
            at = middle
        else:
            before = middle
    return at


def local_day(zone: ZoneInfo, at: int) -> date:
    """The day that an instant lies in: the last one that has begun (no day is entered twice)."""
    day = wall(zone, at).date()
    return day + ONE_DAY if begin(zone, day + ONE_DAY) <= at else day


def following(day: date, size: str) -> date:
    """The first day of the bucket after the one of this day."""
    if size == "day":
        return day + ONE_DAY
    if size == "week":
        return day + timedelta(days=7 - day.weekday())
    return date(day.year + day.month // 12, day.month % 12 + 1, 1)


def buckets(start: date, end: date, size: str) -> list[tuple[date, date]]:
    """Days, weeks from Monday or months, cut to the window; `none` is the window itself."""
    if size == "none":
        return [(start, end)]
    cuts = []
    while start < end:
        cuts.append((start, min(following(start, size), end)))
        start = cuts[-1][1]
    return cuts
