"""The rows of a file, whatever its format."""

from collections.abc import Callable, Iterator
from typing import BinaryIO

import msgspec

from app.sheets.asked import Asked
from app.sheets.cells import Cell
from app.sheets.csv_rows import encoding_of, read_csv
from app.sheets.xlsx_rows import read_xlsx

Row = tuple[int, list[Cell]]
"""The number of a row, from 1, and its cells."""


class Rows(msgspec.Struct):
    """The rows of a file that are not empty; `share` tells which share of it is read.

    Reading on raises Unreadable where the file breaks off.
    """

    rows: Iterator[Row]
    share: Callable[[], float]
    encoding: str | None = None


def rows_of(file: BinaryIO, size: int, asked: Asked) -> Rows:
    """Open a file for reading.

    Raises:
        Unreadable: where it is none of its format.
    """
    if asked.format == "xlsx":
        rows, share = read_xlsx(file)
        return Rows(_filled(rows), share)
    encoding = encoding_of(file, asked.encoding)
    words = lambda: file.tell() / max(size, 1)  # noqa: E731
    return Rows(_filled(read_csv(file, encoding)), words, encoding)


def _filled(rows: Iterator[Row]) -> Iterator[Row]:
    return (row for row in rows if any(not isinstance(c, str) or c.strip() for c in row[1]))
