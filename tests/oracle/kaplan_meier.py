"""The Kaplan–Meier estimate of the share that has bought again, day by day, in exact fractions."""

from collections import Counter
from fractions import Fraction
from typing import Any

from .clock import DAY
from .ratio import shown


def curve(spells: list[tuple[int, bool]], days: int) -> list[dict[str, Any]]:
    """`spells`: (time seen, True where it ended with a purchase, False where at as_of)."""
    if not spells:
        return [{"day": day, "rate": None} for day in range(1, days + 1)]
    ended = Counter(time for time, _ in spells)
    repeated = Counter(time for time, again in spells if again)
    at_risk = len(spells)
    surviving = Fraction(1)
    times = sorted(ended)
    rows = []
    i = 0
    for day in range(1, days + 1):
        while i < len(times) and times[i] <= day * DAY:
            if repeated[times[i]]:  # repeats come before the censorings of the same instant
                surviving *= Fraction(at_risk - repeated[times[i]], at_risk)
            at_risk -= ended[times[i]]
            i += 1
        rows.append({"day": day, "rate": shown(1 - surviving)})
    return rows
