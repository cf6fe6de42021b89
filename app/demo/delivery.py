"""How the story reaches the service: late, twice and in bursts, as bots post it in real life."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from random import Random

from app.demo.stage import Event

LATE_PERCENT = 10
REPEATED_PERCENT = 3
OUTAGES = 5
OUTAGE_EVENTS = 60

# What delays an event, in minutes from and to: a slow queue, a sleeping phone, a nightly export.
DELAYS = ((2, 30), (30, 8 * 60), (24 * 60, 5 * 24 * 60))


def deliver(events: Sequence[Event], seed: int = 7) -> list[Event]:
    """The events in the order in which a bot would post them; some of them twice."""
    rng = Random(seed)
    arrivals: list[tuple[datetime, Event]] = []
    for event in events:
        at = datetime.fromisoformat(event["time"])
        if rng.random() * 100 < LATE_PERCENT:
            at += _delay(rng)
        arrivals.append((at, event))
        if rng.random() * 100 < REPEATED_PERCENT:
            arrivals.append((at + _delay(rng), event))
    # The sort is stable: without a delay, the order of the story stands.
    arrivals.sort(key=lambda arrival: arrival[0])
    posted = [event for _, event in arrivals]
    for _ in range(OUTAGES):
        _mix_up(rng, posted)
    return posted


def batches(deliveries: Sequence[Event], size: int) -> Iterator[list[Event]]:
    """The deliveries in requests of at most `size` events."""
    for start in range(0, len(deliveries), size):
        yield list(deliveries[start : start + size])


def _delay(rng: Random) -> timedelta:
    low, high = rng.choice(DELAYS)
    return timedelta(seconds=rng.randint(low * 60, high * 60))


def _mix_up(rng: Random, posted: list[Event]) -> None:
    """Shuffles one stretch, as a bot does that posts all at once after it was offline."""
    start = rng.randrange(max(1, len(posted) - OUTAGE_EVENTS))
    burst = posted[start : start + OUTAGE_EVENTS]
    rng.shuffle(burst)
    posted[start : start + OUTAGE_EVENTS] = burst
