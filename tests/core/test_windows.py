"""Windows of local dates, and the buckets that they are cut into."""

from datetime import date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.core.clock import Bucket, Window

SHANGHAI = ZoneInfo("Asia/Shanghai")


def window(start: str, end: str, zone: ZoneInfo = SHANGHAI) -> Window:
    return Window(date.fromisoformat(start), date.fromisoformat(end), zone)


def spans(whole: Window, bucket: Bucket) -> list[tuple[str, str]]:
    return [(str(each.start), str(each.end)) for each in whole.buckets(bucket)]


def test_a_window_is_from_a_local_day_to_another() -> None:
    march = window("2025-03-01", "2025-04-01")
    assert march.starts_at == datetime.fromisoformat("2025-03-01T00:00:00+08:00")
    assert march.ends_at == datetime.fromisoformat("2025-04-01T00:00:00+08:00")


@pytest.mark.parametrize(
    ("start", "end", "following_end"),
    [
        ("2025-02-01", "2025-03-01", "2025-03-29"),
        ("2024-02-01", "2024-03-01", "2024-03-30"),
        ("2025-03-01", "2025-03-02", "2025-03-03"),
        ("2025-03-01", "2025-03-01", "2025-03-01"),
    ],
)
def test_the_following_window_has_as_many_days(start: str, end: str, following_end: str) -> None:
    assert window(start, end).following == window(end, following_end)


def test_calendar_days_follow_whatever_the_clocks_do() -> None:
    new_york = ZoneInfo("America/New_York")
    day = window("2025-03-08", "2025-03-09", new_york)
    assert day.ends_at - day.starts_at == timedelta(hours=24)
    assert day.following.starts_at == day.ends_at
    assert day.following.ends_at - day.following.starts_at == timedelta(hours=23)


def test_none_gives_the_window() -> None:
    for whole in (window("2025-01-30", "2025-02-05"), window("2025-01-30", "2025-01-30")):
        assert list(whole.buckets("none")) == [whole]


def test_days() -> None:
    assert spans(window("2025-02-27", "2025-03-02"), "day") == [
        ("2025-02-27", "2025-02-28"),
        ("2025-02-28", "2025-03-01"),
        ("2025-03-01", "2025-03-02"),
    ]


def test_weeks_begin_on_monday_and_are_cut() -> None:
    assert spans(window("2025-03-05", "2025-03-18"), "week") == [
        ("2025-03-05", "2025-03-10"),
        ("2025-03-10", "2025-03-17"),
        ("2025-03-17", "2025-03-18"),
    ]
    assert spans(window("2025-03-10", "2025-03-17"), "week") == [("2025-03-10", "2025-03-17")]
    assert spans(window("2025-03-11", "2025-03-12"), "week") == [("2025-03-11", "2025-03-12")]
    assert spans(window("2024-12-30", "2025-01-06"), "week") == [("2024-12-30", "2025-01-06")]


def test_months_are_cut() -> None:
    assert spans(window("2024-12-31", "2025-03-02"), "month") == [
        ("2024-12-31", "2025-01-01"),
        ("2025-01-01", "2025-02-01"),
        ("2025-02-01", "2025-03-01"),
        ("2025-03-01", "2025-03-02"),
    ]
    assert spans(window("2025-01-31", "2025-02-01"), "month") == [("2025-01-31", "2025-02-01")]


@pytest.mark.parametrize("bucket", ["day", "week", "month"])
def test_an_empty_window_has_no_buckets(bucket: Bucket) -> None:
    assert spans(window("2025-03-01", "2025-03-01"), bucket) == []


def test_a_day_that_was_left_out_is_a_bucket_of_no_length() -> None:
    apia = window("2011-12-29", "2012-01-01", ZoneInfo("Pacific/Apia"))
    hours = [(each.ends_at - each.starts_at) // timedelta(hours=1) for each in apia.buckets("day")]
    assert hours == [24, 0, 24]


dates = st.dates(date(1970, 1, 1), date(2100, 1, 1))


@given(dates, st.integers(1, 800), st.sampled_from(["day", "week", "month"]))
@settings(deadline=None)
def test_buckets_are_the_window_without_gaps(start: date, days: int, bucket: Bucket) -> None:
    whole = Window(start, start + timedelta(days=days), SHANGHAI)
    parts = list(whole.buckets(bucket))
    assert parts[0].start == whole.start
    assert parts[-1].end == whole.end
    for one, two in pairwise(parts):
        assert one.start < one.end == two.start
        begins = {"day": True, "week": two.start.weekday() == 0, "month": two.start.day == 1}
        assert begins[bucket]
    for part in parts:
        assert key(part.start, bucket) == key(part.end - timedelta(days=1), bucket)


def key(day: date, bucket: Bucket) -> tuple[int, ...]:
    """What the days of one bucket have in common."""
    if bucket == "week":
        return day.isocalendar()[:2]
    return (day.year, day.month) if bucket == "month" else (day.toordinal(),)
