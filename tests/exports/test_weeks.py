"""ISO weeks and the instants at which their exports fall due, against hand-worked ones."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from app.exports.weeks import Week, local_instant, newest_due, parse_week, scheduled, week_of

SHANGHAI = ZoneInfo("Asia/Shanghai")
BERLIN = ZoneInfo("Europe/Berlin")
HAVANA = ZoneInfo("America/Havana")
APIA = ZoneInfo("Pacific/Apia")


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("name", "first", "end"),
    [
        ("2026-W46", date(2026, 11, 9), date(2026, 11, 16)),
        # The first week of a year is the one with its first Thursday.
        ("2026-W01", date(2025, 12, 29), date(2026, 1, 5)),
        ("2026-W53", date(2026, 12, 28), date(2027, 1, 4)),
        ("2027-W01", date(2027, 1, 4), date(2027, 1, 11)),
        ("2000-W01", date(2000, 1, 3), date(2000, 1, 10)),
    ],
)
def test_a_week_is_seven_days_from_its_monday(name: str, first: date, end: date) -> None:
    week = parse_week(name)
    assert (week.first_day, week.end_day, week.name) == (first, end, name)
    assert week_of(first) == week == week_of(date.fromordinal(end.toordinal() - 1))
    assert week_of(end) == week.plus(1)


@pytest.mark.parametrize(
    "name",
    ["", "2026-46", "2026-W6", "2026-W00", "2026-W54", "2025-W53", "1999-W52", "2100-W01",
     "2026-w46", "2026-W46\n", "２０２６-W46", "0000-W01", "9999-W52"],
)  # fmt: skip
def test_what_is_no_week_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match=r"^(must|is no week)"):
        parse_week(name)


@pytest.mark.parametrize(
    ("zone", "end", "weekday", "at", "due"),
    [
        (SHANGHAI, date(2026, 11, 16), 1, "06:00", "2026-11-15T22:00"),
        (SHANGHAI, date(2026, 11, 16), 1, "00:00", "2026-11-15T16:00"),
        (SHANGHAI, date(2026, 11, 16), 3, "08:30", "2026-11-18T00:30"),
        (SHANGHAI, date(2026, 11, 16), 7, "23:59", "2026-11-22T15:59"),
        # A window that ends on a Wednesday is due on the Monday after.
        (SHANGHAI, date(2026, 11, 18), 1, "06:00", "2026-11-22T22:00"),
        # Before and after clocks were set forward on 2026-03-29, and back on 2026-10-25.
        (BERLIN, date(2026, 3, 23), 1, "06:00", "2026-03-23T05:00"),
        (BERLIN, date(2026, 3, 30), 1, "06:00", "2026-03-30T04:00"),
        (BERLIN, date(2026, 10, 26), 1, "06:00", "2026-10-26T05:00"),
        # 02:30 was skipped on Sunday 2026-03-29: clocks sprang from 02:00 to 03:00 at 01:00 UTC.
        (BERLIN, date(2026, 3, 23), 7, "02:30", "2026-03-29T01:00"),
        # 02:30 came twice on Sunday 2026-10-25: first in summer time.
        (BERLIN, date(2026, 10, 19), 7, "02:30", "2026-10-25T00:30"),
        # Midnight was skipped in Havana on 2026-03-08: its clocks sprang to 01:00 at 05:00 UTC.
        (HAVANA, date(2026, 3, 2), 7, "00:00", "2026-03-08T05:00"),
        (HAVANA, date(2026, 3, 2), 7, "00:59", "2026-03-08T05:00"),
        (HAVANA, date(2026, 3, 2), 7, "01:00", "2026-03-08T05:00"),
        # Samoa had no Friday 2011-12-30: clocks sprang over the whole day at 10:00 UTC.
        (APIA, date(2011, 12, 26), 5, "06:00", "2011-12-30T10:00"),
    ],
)
def test_it_is_due_at_its_local_time(
    zone: ZoneInfo, end: date, weekday: int, at: str, due: str
) -> None:
    assert scheduled(zone, end, weekday, at) == utc(due)


def test_a_local_time_that_is_shown_once_is_itself() -> None:
    assert local_instant(BERLIN, date(2026, 7, 1), "12:00") == utc("2026-07-01T10:00")


@pytest.mark.parametrize(
    ("now", "week", "following"),
    [
        ("2026-11-15T21:59:59", "2026-W45", "2026-11-15T22:00"),
        ("2026-11-15T22:00:00", "2026-W46", "2026-11-22T22:00"),
        ("2026-11-22T21:59:59", "2026-W46", "2026-11-22T22:00"),
    ],
)
def test_the_newest_week_that_is_due(now: str, week: str, following: str) -> None:
    assert newest_due(SHANGHAI, 1, "06:00", utc(now)) == (parse_week(week), utc(following))


def test_weeks_across_a_change_of_clocks_have_no_gap_and_do_not_overlap() -> None:
    week = parse_week("2026-W01")
    dues = [scheduled(BERLIN, week.plus(n).end_day, 7, "02:30") for n in range(60)]
    assert dues == sorted(set(dues))
    for n, due in enumerate(dues[:-1]):
        assert newest_due(BERLIN, 7, "02:30", due) == (week.plus(n), dues[n + 1])
        assert isinstance(week.plus(n), Week)
