"""Columns of Arrow as what cells hold: texts that a workbook can keep, numbers, days of Excel."""

import re
from collections.abc import Callable
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.compute as pc

from app.exports.frame import Column
from app.exports.local_time import local
from app.exports.words import word
from app.exports.workbook.formats import digits
from app.exports.workbook.words import said
from app.metrics.words import Language

LONGEST = 32_767
"""Characters, counted in UTF-16, that Excel takes in a cell."""

CUT = "…✂"
"""Ends a text that was longer."""

EPOCH = 25_569
"""1970-01-01 among the days of Excel."""

DAY = 86_400_000_000
_illegal = re.compile(r"[\x00-\x08\x0b-\x1f\ufffe\uffff]")
NUMBERS = ("count", "money", "ratio", "number", "date", "instant")
"""Types whose cells are numbers; all others are texts."""


def values(
    cells: pa.Array, column: Column, zone: ZoneInfo, currency: str, language: Language
) -> list[Any]:
    """What the cells of a column are written as; None is an empty cell."""
    made: Any = cells
    match column.type:
        case "money":
            unit = 10 ** digits(currency)
            return [None if each is None else each / unit for each in cells.to_pylist()]
        case "ratio" | "number":
            made = cells.cast(pa.string()).cast(pa.float64())
        case "date":
            made = pc.add(cells.cast(pa.int32()), EPOCH)
        case "instant":
            micros = local(cells, zone).cast(pa.int64()).cast(pa.float64(), safe=False)
            made = pc.add(pc.divide(micros, float(DAY)), float(EPOCH))
        case "word":
            return _each(cells, lambda value: kept(word(value, language)))
        case "bool":
            return _each(cells, lambda value: said("yes" if value else "no", language))
        case "id" | "text" | "link":
            return [None if each is None else kept(each) for each in cells.to_pylist()]
    found: list[Any] = made.to_pylist()
    return found


def kept(text: str) -> str:
    """A text as a cell can hold it: cut where it is too long, without what XML has no place for.

    Lines end as Excel ends them, by LF.
    """
    if 2 * len(text) > LONGEST:
        units = text.encode("utf-16-le")
        if len(units) > 2 * LONGEST:
            text = units[: 2 * (LONGEST - len(CUT))].decode("utf-16-le", "ignore") + CUT
    if _illegal.search(text):
        text = _illegal.sub("\ufffd", text.replace("\r\n", "\n").replace("\r", "\n"))
    return text


def _each(cells: pa.Array, shown: Callable[[Any], str]) -> list[str | None]:
    """Few different values, each named once."""
    coded = cells.dictionary_encode()
    words = [None if each is None else shown(each) for each in coded.dictionary.to_pylist()]
    return [None if at is None else words[at] for at in coded.indices.to_pylist()]
