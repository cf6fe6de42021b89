"""The sample brand arrives as real events do: late, twice and out of order."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest

from app.demo.delivery import batches, deliver
from app.demo.stage import Event
from app.demo.story import story


@pytest.fixture(scope="module")
def events() -> list[Event]:
    """The story that is delivered."""
    return story(date(2025, 11, 20))


def test_every_event_arrives_and_some_twice(events: list[Event]) -> None:
    posted = deliver(events, 7)
    assert {event["id"] for event in posted} == {event["id"] for event in events}
    assert 0.02 < (len(posted) - len(events)) / len(events) < 0.04
    by_id = {event["id"]: event for event in events}
    assert all(event == by_id[event["id"]] for event in posted)


def test_the_same_seed_delivers_in_the_same_order(events: list[Event]) -> None:
    assert deliver(events, 7) == deliver(events, 7)
    assert deliver(events, 7) != deliver(events, 8)


def test_about_a_tenth_arrives_late_up_to_days(events: list[Event]) -> None:
    latest = datetime.fromisoformat(events[0]["time"])
    lags, seen = [], set()
    for event in deliver(events, 7):
        at = datetime.fromisoformat(event["time"])
        if event["id"] not in seen:
            lags.append(latest - at)
        seen.add(event["id"])
        latest = max(latest, at)
    late = sum(lag > timedelta(minutes=1) for lag in lags)
    assert 0.06 < late / len(events) < 0.15
    assert max(lags) > timedelta(days=3)


def test_batches_keep_the_order_and_the_size(events: list[Event]) -> None:
    posted = deliver(events, 7)
    parts = list(batches(posted, 400))
    assert [event for part in parts for event in part] == posted
    assert all(len(part) == 400 for part in parts[:-1])
    assert 0 < len(parts[-1]) <= 400


def test_nothing_to_deliver_is_fine() -> None:
    assert deliver([], 7) == []
    assert list(batches([], 400)) == []
