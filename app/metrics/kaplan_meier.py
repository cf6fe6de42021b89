"""The Kaplan-Meier estimate: what share has bought again by each day, when some are not yet due.

E. L. Kaplan, P. Meier: Nonparametric Estimation from Incomplete Observations, JASA 53 (1958).
"""

from collections.abc import Sequence
from decimal import ROUND_HALF_EVEN, Context, Decimal

import msgspec

from app.metrics.ratio import PLACES, Ratio

_context = Context(prec=60, rounding=ROUND_HALF_EVEN)
_noise = Decimal(1).scaleb(-40)


class CurvePoint(msgspec.Struct, frozen=True):
    """The share that has bought again by `day` x 24 h after the anchor."""

    day: int
    rate: Ratio | None


def curve(buyers: int, steps: Sequence[tuple[int, int, int]], days: int) -> list[CurvePoint]:
    """The curve for days 1 to `days`.

    steps: in the order of time (day, censored before, repeats), where all repeats of a step have
    no censoring between them: their factors telescope to one.
    """
    if not buyers:
        return [CurvePoint(day, None) for day in range(1, days + 1)]
    waiting, repeated = Decimal(1), 0
    by_day: dict[int, Decimal] = {}
    for day, censored, repeats in steps:
        at_risk = buyers - censored - repeated
        kept = _context.divide(Decimal(at_risk - repeats), Decimal(at_risk))
        waiting = _context.multiply(waiting, kept)
        repeated += repeats
        by_day[day] = waiting
    points = []
    waiting = Decimal(1)
    for day in range(1, days + 1):
        waiting = by_day.get(day, waiting)
        # 60 digits carry the product; what is left of them after 40 is rounding, not a value.
        rate = _context.subtract(Decimal(1), waiting).quantize(_noise, context=_context)
        points.append(CurvePoint(day, rate.quantize(PLACES, ROUND_HALF_EVEN, _context)))
    return points
