"""Instants on the wire: RFC 3339 with an offset, cut to microseconds, as UTC."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.core.clock import microseconds, parse_instant


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2025-03-01T12:00:00Z", "2025-03-01 12:00:00+00:00"),
        ("2025-03-01t12:00:00z", "2025-03-01 12:00:00+00:00"),
        ("2025-03-01T12:00:00+08:00", "2025-03-01 04:00:00+00:00"),
        ("2025-03-01T12:00:00-03:30", "2025-03-01 15:30:00+00:00"),
        ("2025-03-01T00:00:00+23:59", "2025-02-28 00:01:00+00:00"),
        ("2025-03-01T12:00:00-00:00", "2025-03-01 12:00:00+00:00"),
        ("2025-03-01T12:00:00.5Z", "2025-03-01 12:00:00.500000+00:00"),
        ("2025-03-01T12:00:00.000001Z", "2025-03-01 12:00:00.000001+00:00"),
        ("2025-03-01T12:00:00.1234567Z", "2025-03-01 12:00:00.123456+00:00"),
        ("2025-03-01T23:59:59.999999999Z", "2025-03-01 23:59:59.999999+00:00"),
        ("1969-12-31T23:59:59.9999999Z", "1969-12-31 23:59:59.999999+00:00"),
        ("2024-02-29T12:00:00Z", "2024-02-29 12:00:00+00:00"),
        ("0001-01-01T00:00:00Z", "0001-01-01 00:00:00+00:00"),
        ("9999-12-31T23:59:59Z", "9999-12-31 23:59:59+00:00"),
    ],
)
def test_an_instant_is_read_as_utc(text: str, instant: str) -> None:
    assert str(parse_instant(text)) == instant


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2025-03-01",
        "2025-03-01T12:00:00",
        "2025-03-01 12:00:00Z",
        "2025-03-01T12:00:00 08:00",
        "2025-03-01T12:00:60Z",
        "2025-03-01T24:00:00Z",
        "2025-13-01T00:00:00Z",
        "2025-02-30T00:00:00Z",
        "2025-03-01T12:00:00+24:00",
        "2025-03-01T12:00:00+23:60",
        "2025-03-01T12:00:00Z\n",
        "٢٠٢٥-03-01T12:00:00Z",
    ],
)
def test_what_is_no_instant_raises(text: str) -> None:
    with pytest.raises(ValueError, match=r"must|cannot|impossible|range"):
        parse_instant(text)


@pytest.mark.parametrize(
    "text",
    ["0000-01-01T00:00:00Z", "0001-01-01T00:00:00+00:01", "9999-12-31T23:59:59-00:01"],
)
def test_an_instant_outside_of_the_calendar_overflows(text: str) -> None:
    with pytest.raises(OverflowError):
        parse_instant(text)


offsets = st.integers(-1439, 1439).map(lambda minutes: timezone(timedelta(minutes=minutes)))


@given(
    st.datetimes(datetime(2, 1, 1), datetime(9998, 1, 1), timezones=offsets),  # noqa: DTZ001
    st.text("0123456789", max_size=9),
)
@settings(deadline=None)
def test_what_python_writes_is_read(instant: datetime, more: str) -> None:
    text = instant.isoformat(timespec="microseconds")
    assert parse_instant(text) == instant
    assert parse_instant(text[:26] + more + text[26:]) == instant
    assert parse_instant(text).tzinfo is UTC
    assert timedelta(microseconds=microseconds(instant)) == instant - datetime(
        1970, 1, 1, tzinfo=UTC
    )


@given(st.text() | st.from_regex(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)"))
@settings(deadline=None)
def test_no_text_raises_anything_else(text: str) -> None:
    try:
        instant = parse_instant(text)
    except (ValueError, OverflowError):
        return
    assert instant == datetime.fromisoformat(text.upper().replace("Z", "+00:00"))
