"""Times of repeated questions: cold, then warm, in seconds."""

import math
import time
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

import msgspec

T = TypeVar("T")
U = TypeVar("U")
SLOW_SECONDS = 2.0
SLOW_TIMES = 3
VERY_SLOW_SECONDS = 10.0


class Unanswered(Exception):
    """An answer that is no answer."""


class Times(msgspec.Struct, frozen=True):
    """The first time, and the median and 99th percentile of `n` that follow it."""

    cold: float
    p50: float
    p99: float
    n: int


def percentile(times: Sequence[float], share: float) -> float:
    """The smallest time that at least this share of them does not exceed (nearest rank)."""
    return sorted(times)[max(0, math.ceil(share * len(times)) - 1)]


class Runner(Generic[T]):
    """Acts again and again, and keeps the times and the last result; ends with a first failure."""

    def __init__(self, act: Callable[[], T]) -> None:
        self.act = act
        self.seconds: list[float] = []
        self.result: T | None = None
        self.failure: str | None = None

    def run(self) -> None:
        """Act once more, unless it has failed."""
        if self.failure is None:
            try:
                seconds, self.result = once(self.act)
                self.seconds.append(seconds)
            except Unanswered as error:
                self.failure = str(error)

    @property
    def times(self) -> Times | None:
        """What the times were; None where it failed."""
        if self.failure is not None:
            return None
        cold, *warm = self.seconds
        return Times(cold, percentile(warm, 0.5), percentile(warm, 0.99), len(warm))


def in_turn(ours: Runner[T], theirs: Runner[U], times: int) -> None:
    """Run both cold, then in turn, so that a busy machine is as busy for the one as for the other.

    Where one of them is slow, both run three times; where it is very slow, once.
    """
    ours.run()
    theirs.run()
    slowest = max(ours.seconds + theirs.seconds)
    if slowest > VERY_SLOW_SECONDS:
        times = 1
    elif slowest > SLOW_SECONDS:
        times = min(times, SLOW_TIMES)
    for _ in range(times):
        ours.run()
        theirs.run()


def once(act: Callable[[], T]) -> tuple[float, T]:
    """The seconds of one act, and its result."""
    began = time.perf_counter()
    found = act()
    return time.perf_counter() - began, found
