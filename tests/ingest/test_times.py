"""The time of an event: RFC 3339 with an offset, from 2000 to ten minutes from now."""

from datetime import timedelta

import pytest

from .reading import NOW, accepted, event, refused


def at(time: str) -> dict[str, object]:
    return dict(event("group.dismissed", time=time))


@pytest.mark.parametrize(
    "time",
    [
        "2025-03-01T12:00:00Z",
        "2025-03-01t12:00:00z",
        "2025-03-01T12:00:00+08:00",
        "2025-03-01T12:00:00-00:00",
        "2025-03-01T12:00:00+23:59",
        "2025-03-01T12:00:00.1Z",
        "2025-03-01T12:00:00.123456789Z",
        "2024-02-29T12:00:00Z",
        "2000-01-01T00:00:00Z",
        "1999-12-31T20:00:00-04:00",
    ],
)
def test_an_instant_is_taken(time: str) -> None:
    accepted(at(time))


@pytest.mark.parametrize(
    "time",
    [
        "2025-03-01T12:00:00",
        "2025-03-01",
        "2025-03-01T12:00Z",
        "2025-03-01T12Z",
        "2025-03-01 12:00:00",
        "20250301T120000Z",
        "2025-03-01T12:00:60Z",
        "2016-12-31T23:59:60Z",
        "2025-03-01T12:00:61Z",
        "2025-03-01T24:00:00Z",
        "2025-03-01T12:60:00Z",
        "2025-13-01T12:00:00Z",
        "2025-00-01T12:00:00Z",
        "2025-02-29T12:00:00Z",
        "2025-03-00T12:00:00Z",
        "2025-03-01T12:00:00+24:00",
        "2025-03-01T12:00:00+08:60",
        "2025-03-01T12:00:00+8:00",
        "2025-03-01T12:00:00+0800",
        "2025-03-01T12:00:00.Z",
        "2025-03-01T12:00:00,5Z",
        "2025-03-01T12:00:00Z\n",
        " 2025-03-01T12:00:00Z",
        "+2025-03-01T12:00:00Z",
        "２０２５-03-01T12:00:00Z",
        "2025-03-01T12:00:00−08:00",
        "2025-W09-6T12:00:00Z",
        "12025-03-01T12:00:00Z",
        "1740830400",
        "now",
        "",
    ],
)
def test_what_is_no_instant_is_invalid(time: str) -> None:
    assert refused(at(time)) == ("invalid", "/time")


@pytest.mark.parametrize(
    "time",
    [
        "1969-12-31T23:59:59Z",
        "1999-12-31T23:59:59.9Z",
        "2000-01-01T07:59:59.999999+08:00",
        "0001-01-01T00:00:00Z",
        "0001-01-01T00:00:00+08:00",
        "0000-01-01T00:00:00Z",
        "9999-12-31T23:59:59Z",
        "9999-12-31T23:59:59-08:00",
        "2026-06-01T12:00:00Z",
    ],
)
def test_a_time_long_ago_or_ahead_is_out_of_range(time: str) -> None:
    assert refused(at(time)) == ("time_out_of_range", "/time")


def test_clocks_may_be_ten_minutes_ahead() -> None:
    for minutes in (0, 9, 10):
        accepted(at((NOW + timedelta(minutes=minutes)).isoformat()))
    for seconds in (601, 660, 86_400):
        late = at((NOW + timedelta(seconds=seconds)).isoformat())
        assert refused(late) == ("time_out_of_range", "/time")


def test_content_is_the_instant_cut_to_microseconds() -> None:
    same = [
        "2025-03-01T12:00:00.123456Z",
        "2025-03-01T12:00:00.1234569Z",
        "2025-03-01t20:00:00.123456999+08:00",
        "2025-03-01T07:00:00.123456-05:00",
    ]
    hashes = {accepted(at(time)).content_hash for time in same}
    assert len(hashes) == 1
    other = accepted(at("2025-03-01T12:00:00.123457Z")).content_hash
    assert other not in hashes
