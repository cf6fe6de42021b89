"""Local days in the zones that make them difficult."""

from datetime import date
from zoneinfo import ZoneInfo

import pytest

from .clock import begin, buckets, instant, local_day, rfc3339


@pytest.mark.parametrize(
    ("zone", "day", "at"),
    [
        ("Asia/Shanghai", "2025-03-10", "2025-03-09T16:00:00Z"),
        ("America/Havana", "2025-11-02", "2025-11-02T04:00:00Z"),  # two midnights
        ("America/Havana", "2025-03-09", "2025-03-09T05:00:00Z"),  # none: the day begins at 1
        ("Pacific/Apia", "2011-12-30", "2011-12-30T10:00:00Z"),  # a date that was left out
        ("Pacific/Apia", "2011-12-31", "2011-12-30T10:00:00Z"),
        ("America/St_Johns", "2010-11-07", "2010-11-07T02:30:00Z"),  # back to the day before
    ],
)
def test_day_begins(zone: str, day: str, at: str) -> None:
    assert rfc3339(begin(ZoneInfo(zone), date.fromisoformat(day))) == at


def test_no_day_is_entered_twice() -> None:
    zone = ZoneInfo("America/St_Johns")
    assert local_day(zone, instant("2010-11-07T02:29:59.999999Z")) == date(2010, 11, 6)
    assert local_day(zone, instant("2010-11-07T02:45:00Z")) == date(2010, 11, 7)


def test_times_are_cut_to_microseconds() -> None:
    assert rfc3339(instant("2025-03-10T08:00:00.1234569+08:00")) == "2025-03-10T00:00:00.123456Z"


def test_buckets_are_cut_to_the_window() -> None:
    assert [str(last) for _, last in buckets(date(2025, 1, 30), date(2025, 2, 5), "week")] == [
        "2025-02-03",
        "2025-02-05",
    ]
    assert [str(last) for _, last in buckets(date(2025, 12, 30), date(2026, 1, 2), "month")] == [
        "2026-01-01",
        "2026-01-02",
    ]
