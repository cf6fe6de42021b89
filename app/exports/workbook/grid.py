"""Cells of a sheet in any order, written row by row in the end, as constant memory needs it."""

from collections import defaultdict
from typing import Any

from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from app.exports.workbook.cells import kept


class Grid:
    """Keeps cells by their places until `write`."""

    def __init__(self) -> None:
        self.rows: dict[int, dict[int, tuple[Any, Format, int]]] = defaultdict(dict)
        self.links: dict[tuple[int, int], str] = {}
        self.heights: dict[int, float] = {}

    def put(self, row: int, column: int, value: Any, style: Format, across: int = 1) -> None:
        """A text, a number or nothing, over so many columns."""
        self.rows[row][column] = (value, style, across)

    def link(self, row: int, column: int, sheet: str) -> None:
        """Make a text lead to a sheet."""
        quoted = sheet.replace("'", "''")
        self.links[row, column] = f"internal:'{quoted}'!A1"

    def write(self, sheet: Worksheet) -> None:
        """Write the rows from above."""
        for row in sorted({*self.rows, *self.heights}):
            if row in self.heights:
                sheet.set_row(row, self.heights[row])
            for column, (value, style, across) in sorted(self.rows[row].items()):
                if across > 1:
                    sheet.merge_range(row, column, row, column + across - 1, "", style)
                if (row, column) in self.links:
                    sheet.write_url(row, column, self.links[row, column], style, kept(value))
                elif isinstance(value, str):
                    sheet.write_string(row, column, kept(value), style)
                elif value is None:
                    sheet.write_blank(row, column, None, style)
                else:
                    sheet.write_number(row, column, float(value), style)
