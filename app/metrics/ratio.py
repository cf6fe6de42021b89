"""Ratios: computed from the sums they report, exact before they are rounded."""

from decimal import ROUND_HALF_EVEN, Context, Decimal
from fractions import Fraction

PLACES = Decimal("0.000001")
_context = Context(prec=1000, rounding=ROUND_HALF_EVEN)

Ratio = Decimal
"""A ratio rounded half-even to 6 decimals; in JSON a number."""


def ratio(numerator: int, denominator: int) -> Ratio | None:
    """numerator / denominator to 6 decimals; None, never 0, where the denominator is 0."""
    if denominator == 0:
        return None
    if denominator < 0:
        numerator, denominator = -numerator, -denominator
    millionths, rest = divmod(numerator * 10**6, denominator)
    if 2 * rest > denominator or (2 * rest == denominator and millionths % 2):
        millionths += 1
    return Decimal(millionths).scaleb(-6, _context)


def rounded(exact: Fraction) -> Ratio:
    """An exact ratio to 6 decimals, half-even."""
    found = ratio(exact.numerator, exact.denominator)
    assert found is not None
    return found
