"""A local day begins at the earliest instant of that date, whatever the clocks do."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.core.clock import day_start

MICROSECOND = timedelta(microseconds=1)


@pytest.mark.parametrize(
    ("zone", "day", "begin"),
    [
        ("UTC", "2025-03-01", "2025-03-01T00:00"),
        ("Asia/Shanghai", "2025-03-01", "2025-02-28T16:00"),
        ("Asia/Kathmandu", "2025-03-01", "2025-02-28T18:15"),
        ("America/New_York", "2025-03-09", "2025-03-09T05:00"),
        ("America/New_York", "2025-03-10", "2025-03-10T04:00"),
        ("America/New_York", "2025-11-02", "2025-11-02T04:00"),
        ("America/New_York", "2025-11-03", "2025-11-03T05:00"),
        # At 1:00 back to midnight, so that there are two: the earlier one.
        ("America/Havana", "2025-11-02", "2025-11-02T04:00"),
        ("America/Havana", "2025-11-03", "2025-11-03T05:00"),
        # At 0:01 back to 23:01 of the day before: entered twice.
        ("America/St_Johns", "2010-11-07", "2010-11-07T02:30"),
        ("America/St_Johns", "2010-11-08", "2010-11-08T03:30"),
        ("America/St_Johns", "2010-03-14", "2010-03-14T03:30"),
        # At midnight on to 1:00: no midnight.
        ("America/Sao_Paulo", "2017-10-15", "2017-10-15T03:00"),
        ("America/Havana", "2025-03-09", "2025-03-09T05:00"),
        # The whole of the 30th was left out: it begins and ends at once.
        ("Pacific/Apia", "2011-12-29", "2011-12-29T10:00"),
        ("Pacific/Apia", "2011-12-30", "2011-12-30T10:00"),
        ("Pacific/Apia", "2011-12-31", "2011-12-30T10:00"),
        ("Pacific/Kwajalein", "1993-08-21", "1993-08-21T12:00"),
        # At 23:30 on to 0:30: the day begins where the clocks sprang.
        ("America/Toronto", "1919-03-31", "1919-03-31T04:30"),
    ],
)
def test_a_day_begins(zone: str, day: str, begin: str) -> None:
    assert day_start(ZoneInfo(zone), date.fromisoformat(day)) == datetime.fromisoformat(
        begin + "+00:00"
    )


ZONES = [
    *["Asia/Shanghai", "America/Havana", "America/St_Johns", "America/Sao_Paulo", "Pacific/Apia"],
    *["America/Toronto", "Africa/Cairo", "Asia/Beirut", "America/Asuncion", "Asia/Tehran"],
    *["Australia/Lord_Howe", "Antarctica/Troll", "Africa/Casablanca", "Pacific/Kiritimati"],
]


@given(st.sampled_from(ZONES), st.dates(date(1900, 1, 1), date(2040, 1, 1)))
@settings(deadline=None, max_examples=300)
def test_no_instant_before_it_has_the_date(zone: str, day: date) -> None:
    tz = ZoneInfo(zone)
    begin = day_start(tz, day)
    assert begin.tzinfo is UTC
    assert begin.astimezone(tz).date() >= day
    for minutes in range(0, 26 * 60, 10):
        earlier = begin - MICROSECOND - timedelta(minutes=minutes)
        assert earlier.astimezone(tz).date() < day
    assert begin <= day_start(tz, day + timedelta(days=1))
