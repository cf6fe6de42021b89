"""How wide a column is: as wide as what is in it, and a Chinese character counts two."""

import math
import unicodedata
from collections.abc import Sequence
from typing import Any

from app.exports.workbook.formats import digits

NARROWEST, WIDEST, WRAPPED = 9.0, 36.0, 56.0
HEAD_LINES = 2
"""Lines that a header may take."""

FIXED = {"date": 11.5, "instant": 16.5}


def width(look: str, header: str, cells: Sequence[Any], currency: str) -> float:
    """The width of a column; of longer texts it is WRAPPED, for they may go on in more lines."""
    content = max((_shown(cell, look, currency) for cell in cells if cell is not None), default=0)
    if content > WIDEST and look != "link":
        return WRAPPED
    needed = max(FIXED.get(look, content * 1.1 + 2.5), _long(header) / HEAD_LINES + 4.5)
    return min(max(needed, NARROWEST), WIDEST)


def lines(text: str, wide: float) -> int:
    """Lines that a text takes in a column."""
    return sum(max(1, math.ceil(_long(line) * 1.1 / wide)) for line in text.splitlines()) or 1


def columns_of(text: str) -> int:
    """Columns that the longest line of a text takes in a font of fixed width."""
    return max((_long(line) for line in text.splitlines()), default=0)


def _long(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(each) in "WFA" else 1 for each in text)


def _shown(cell: Any, look: str, currency: str) -> int:
    if isinstance(cell, str):
        return columns_of(cell)
    if look == "money":
        return len(f"{cell:,.{digits(currency)}f}") + 2
    return len(f"{cell:,.0f}") + 1 if look == "count" else 7
