"""The pace of the pump: whose turn it is, and how much of a brand is taken at once.

Who has had least of the worker's time lately goes first, so that a brand that floods waits for the
others and they not for it. A brand alone is worked on in full batches, which cost least; where
others come by as well, what is in hand is to take no longer than a slice; where all of them have a
backlog too, longer, since nobody comes for a little.
"""

import math
import time
from collections.abc import Callable, Iterable

SLICE_SECONDS = 0.1
"""How long one batch, and what a brand does between two looks for others, is to take."""

BEHIND_SLICES = 8
"""So many slices may a batch take where all who were served lately were left with a backlog."""

MEMORY_SECONDS = 5.0
"""How long it counts what a brand had of the worker's time; it fades."""

ALONE_SECONDS = 10.0
"""A brand is alone when no other was served for so long."""

LEAST = 200
"""Rows; smaller batches would only cost more."""

TELLING = 20
"""Rows; fewer tell nothing of many."""

UNKNOWN = 200
"""Rows to begin with, of a brand of which nothing is known."""


class Pace:
    """What this worker has seen of the brands that it serves."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.clock = clock
        self._had: dict[int, tuple[float, float]] = {}
        """Of each brand seconds of the worker's time, as they counted at an instant."""
        self._behind: set[int] = set()
        """The brands that had more waiting when their turn ended."""
        self._per_second: dict[tuple[int, str], float] = {}

    def order(self, brands: Iterable[int]) -> list[int]:
        """In which order they have their turns; those who had as much stay as they are."""
        return sorted(brands, key=self.had)

    def yields(self, brand_id: int, waiting: Iterable[int]) -> bool:
        """Whether one of those who wait has had less than the one who is being served."""
        mine = self.had(brand_id)
        return any(self.had(other) < mine for other in waiting)

    def had(self, brand_id: int) -> float:
        """What a brand had lately of this worker's time, in seconds."""
        seconds, at = self._had.get(brand_id, (0.0, 0.0))
        return seconds * math.exp((at - self.clock()) / MEMORY_SECONDS)

    def spent(self, brand_id: int, seconds: float) -> None:
        """It had so much more."""
        now = self.clock()
        self._had[brand_id] = (self.had(brand_id) + seconds, now)
        for other in [b for b, (_, at) in self._had.items() if now - at > 4 * MEMORY_SECONDS]:
            del self._had[other]
            self._behind.discard(other)
            for seen in [each for each in self._per_second if each[0] == other]:
                del self._per_second[seen]

    def ended(self, brand_id: int, left: bool) -> None:
        """Its turn ended, and whether something was left of its work."""
        (self._behind.add if left else self._behind.discard)(brand_id)

    def most(self, brand_id: int, stage: str, full: int, *, alone: bool = False) -> int:
        """How many rows a stage may take at once, of at most `full`.

        alone: what fits into a slice also where no other brand was served lately, however few.
        """
        now = self.clock()
        others = {
            b for b, (_, at) in self._had.items() if b != brand_id and now - at < ALONE_SECONDS
        }
        if not alone and not others:
            return full
        slices = BEHIND_SLICES if not alone and others <= self._behind else 1
        rate = self._per_second.get((brand_id, stage))
        fitting = UNKNOWN if rate is None else int(rate * SLICE_SECONDS * slices)
        return min(full, max(TELLING if alone else LEAST, fitting))

    def took(self, brand_id: int, stage: str, rows: int, seconds: float) -> None:
        """A stage took so many rows in so long."""
        if rows >= TELLING:
            self._per_second[brand_id, stage] = rows / max(seconds, 0.001)
