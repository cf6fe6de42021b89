"""A column of instants as local time, held against Python's own zoneinfo."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.exports.local_time import local, shown

TYPE = pa.timestamp("us", tz="UTC")
ZONES = ("Asia/Shanghai", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe", "UTC")


@settings(deadline=None, max_examples=50)
@given(
    st.sampled_from(ZONES),
    st.lists(
        st.none()
        | st.datetimes(datetime(1999, 1, 1), datetime(2100, 1, 1)).map(  # noqa: DTZ001
            lambda each: each.replace(tzinfo=UTC)
        )
    ),
)
def test_as_zoneinfo_says(name: str, instants: list[datetime | None]) -> None:
    zone = ZoneInfo(name)
    cells = pa.array(instants, TYPE)
    there = [each and each.astimezone(zone) for each in instants]
    assert local(cells, zone).to_pylist() == [each and each.replace(tzinfo=None) for each in there]
    assert shown(cells, zone).to_pylist() == [each and each.isoformat() for each in there]


@pytest.mark.parametrize("month", [3, 11])
def test_around_a_change_of_the_clocks(month: int) -> None:
    zone = ZoneInfo("America/New_York")
    instants = [
        datetime(2026, month, 1, tzinfo=UTC) + timedelta(minutes=30 * n) for n in range(960)
    ]
    said = shown(pa.array(instants, TYPE), zone).to_pylist()
    assert said == [each.astimezone(zone).isoformat() for each in instants]
    assert len({text[-6:] for text in said}) == 2


def test_nothing_is_nothing() -> None:
    assert shown(pa.array([None, None], TYPE), ZoneInfo("Asia/Shanghai")).to_pylist() == [
        None,
        None,
    ]
    assert shown(pa.array([], TYPE), ZoneInfo("Asia/Shanghai")).to_pylist() == []
