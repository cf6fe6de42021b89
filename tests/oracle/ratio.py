"""Ratios: exact fractions until they are shown."""

from fractions import Fraction


def ratio(numerator: int, denominator: int) -> Fraction | None:
    return Fraction(numerator, denominator) if denominator else None


def shown(exact: Fraction | None) -> float | None:
    """Rounded half to even to 6 decimals."""
    return None if exact is None else float(round(exact, 6))
