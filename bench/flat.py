"""Whether memory stays flat: that of processes and all below them, looked at during a load."""

import statistics
import threading
from collections.abc import Mapping

import msgspec

from bench.processes import memory_mb

EVERY_SECONDS = 0.5
POINTS = 60
TARGET = 0.05


class Flat(msgspec.Struct, kw_only=True):
    """Memory in MB: shared pages count in parts (PSS), so that processes can be added up.

    `growth` is that of the median of the last tenth of the time over that of the second tenth,
    `slope` what it gains over the whole of the time after the first tenth, by least squares.
    """

    samples: int
    warm: float
    last: float
    peak: float
    growth: float
    slope: float
    curve: list[float]


class Watch:
    """Looks at the memory of some processes until it is asked to stop."""

    def __init__(self, pids: Mapping[str, int]) -> None:
        self._pids = dict(pids)
        self._seen: dict[str, list[float]] = {name: [] for name in pids}
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()

    def end(self, *names: str) -> None:
        """Look at these no longer: they have nothing more to do."""
        for name in names:
            self._pids.pop(name, None)

    def stop(self) -> dict[str, Flat]:
        """What was seen of each; of what was looked at less than 20 times nothing can be said."""
        self._over.set()
        self._thread.join()
        return {name: judged(seen) for name, seen in self._seen.items() if len(seen) >= 20}

    def _look(self) -> None:
        while not self._over.wait(EVERY_SECONDS):
            for name, pid in list(self._pids.items()):
                self._seen[name].append(memory_mb(pid))


def judged(seen: list[float]) -> Flat:
    """What a row of samples, as far apart as each other, tells."""
    tenth = len(seen) // 10
    warm, last = statistics.median(seen[tenth : 2 * tenth]), statistics.median(seen[-tenth:])
    after = seen[tenth:]
    slope = statistics.linear_regression(range(len(after)), after).slope * len(after)
    step = max(1, len(seen) // POINTS)
    return Flat(
        samples=len(seen),
        warm=round(warm, 1),
        last=round(last, 1),
        peak=round(max(seen), 1),
        growth=round(last / warm - 1, 4),
        slope=round(slope, 1),
        curve=[round(each, 1) for each in seen[::step]],
    )
