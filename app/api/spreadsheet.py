"""A table as CSV that spreadsheets open as it is: in Chinese, and with no text run as a formula."""

import csv
import io
from collections.abc import Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from itertools import islice
from zoneinfo import ZoneInfo

from app.core.formula import inert
from app.metrics.table import Cell, Table

MEDIA_TYPE = "text/csv"
CONTENT_TYPE = "text/csv; charset=utf-8; header=present"
ROWS = 2_000
"""Rows of a part."""


def parts(table: Table, header: Sequence[str], zone: ZoneInfo) -> Iterator[bytes]:
    """The document in parts: a BOM, the header, then the rows; lines end with CRLF."""
    yield b"\xef\xbb\xbf" + _lines([header], zone)
    rows = iter(table.rows)
    while some := list(islice(rows, ROWS)):
        yield _lines(some, zone)


def _lines(rows: Sequence[Sequence[Cell]], zone: ZoneInfo) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text).writerows([shown(cell, zone) for cell in row] for row in rows)
    return text.getvalue().encode()


def shown(cell: Cell, zone: ZoneInfo) -> str | int:
    """A cell as it is written: instants in local time with their offset, None as nothing."""
    if isinstance(cell, str):
        return inert(cell)
    if isinstance(cell, int):
        return cell
    if isinstance(cell, Decimal):
        return format(cell, "f")
    if isinstance(cell, datetime):
        return cell.astimezone(zone).isoformat()
    return ""
