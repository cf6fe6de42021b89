"""Rows of large tables as XML at once: XlsxWriter takes five times as long, cell by cell."""

import re
from collections.abc import Callable, Sequence
from typing import Any
from xml.sax.saxutils import escape

from xlsxwriter.format import Format
from xlsxwriter.utility import xl_col_to_name

from app.core.formula import FORMULA
from app.exports.frame import Column
from app.exports.workbook.cells import NUMBERS
from app.exports.workbook.formats import look_of
from app.exports.workbook.paper import Paper

RISKY = (*FORMULA, "\n")
"""A formula may also follow a line end, which a CR has become."""

Maker = Callable[[int, Any], str]
_marked = re.compile(r"[&<>]|_x[0-9a-fA-F]{4}_").search
_hexed = re.compile(r"_(?=x[0-9a-fA-F]{4}_)")


def makers(paper: Paper, columns: Sequence[Column]) -> list[Maker]:
    """What makes the cells of each column, by the number of the row and the value."""
    made: list[Maker] = []
    for n, column in enumerate(columns):
        look, letter = look_of(column), xl_col_to_name(n)
        plain = paper.formats.cell(look)
        if column.type in NUMBERS:
            made.append(_number(letter, plain))
        else:
            made.append(_text(letter, plain, paper.formats.cell(look, quote_prefix=True)))
    return made


def _number(letter: str, style: Format) -> Maker:
    s = style._get_xf_index()

    def make(row: int, value: Any) -> str:
        if value is None:
            return f'<c r="{letter}{row}" s="{s}"/>'
        return f'<c r="{letter}{row}" s="{s}"><v>{value!r}</v></c>'

    return make


def _text(letter: str, style: Format, quoted: Format) -> Maker:
    plain, risky = style._get_xf_index(), quoted._get_xf_index()

    def make(row: int, value: str | None) -> str:
        if value is None:
            return f'<c r="{letter}{row}" s="{plain}"/>'
        s = risky if value.startswith(RISKY) else plain
        if _marked(value):
            # Excel reads _x0041_ as a letter by its code, unless its underscore is such a code.
            value = escape(_hexed.sub("_x005F_", value))
        return (
            f'<c r="{letter}{row}" s="{s}" t="inlineStr">'
            f'<is><t xml:space="preserve">{value}</t></is></c>'
        )

    return make
