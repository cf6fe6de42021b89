"""A table on a sheet: a title, what it is of, the header, and the rows below."""

import math
from collections.abc import Callable, Iterator, Sequence
from itertools import chain, islice
from typing import Any

from xlsxwriter.format import Format
from xlsxwriter.utility import xl_range
from xlsxwriter.worksheet import Worksheet

from app.exports.frame import Column, Frame
from app.exports.workbook.cells import NUMBERS, values
from app.exports.workbook.formats import BRAND, GREY, look_of
from app.exports.workbook.lines import RISKY, makers
from app.exports.workbook.paper import Paper, Sheet
from app.exports.workbook.widths import WRAPPED, lines, width

HEIGHT = 1_048_576
"""Rows of a sheet."""

ABOVE = 3
"""Rows above the header: the title, what it is of, and what else there is to say."""

SAMPLE = 300
"""Rows by which the widths of columns are chosen."""

SMALL = 5_000
"""Up to so many rows have addresses that lead there, and texts of several lines: both stay in
memory to the end."""

LINE, MOST_LINES = 15.0, 20
ACROSS = 230
"""Widths of columns that are legible on one page across."""

TOLD_EVERY = 5_000


def write_table(
    paper: Paper, frame: Frame, title: str, more: str, told: Callable[[int], None]
) -> str:
    """Write the rows, on as many sheets as they need; gives the name of the first.

    Rows that just fill a sheet need the place of its title too.
    """
    columns = frame.spec.columns
    above = ABOVE if frame.rows + ABOVE < HEIGHT else 0
    room = HEIGHT - above - 1
    rows = _rows(paper, frame)
    sample = list(islice(rows, SAMPLE))
    rows = chain(sample, rows)
    small = frame.rows <= SMALL
    widths = _widths(paper, columns, sample)
    first = ""
    parts = max(1, -(-frame.rows // room))
    for part in range(parts):
        sheet = paper.sheet(title)
        first = first or sheet.get_name()
        _set_up(sheet, columns, widths, above)
        if above:
            _write_title(paper, sheet, title, more)
        _write_header(paper, sheet, columns, above)
        shown = min(room, frame.rows - part * room)
        write = _small(paper, sheet, columns, widths) if small else _large(paper, sheet, columns)
        for at, row in enumerate(islice(rows, room), above + 1):
            write(at, row)
            if not at % TOLD_EVERY:
                told(part * room + at)
        if not frame.rows:
            none = paper.formats.of(font_color=GREY, italic=True)
            sheet.write_string(above + 1, 0, paper.said("no_rows"), none)
        sheet.autofilter(above, 0, above + max(shown, 1), len(columns) - 1)
    return first


def _rows(paper: Paper, frame: Frame) -> Iterator["Row"]:
    currency, zone, language = paper.content.currency, paper.zone, paper.language
    names = [n for n, column in enumerate(frame.spec.columns) if column.key in frame.spec.key]
    for batch in frame.batches():
        pairs = zip(batch.columns, frame.spec.columns, strict=True)
        made = [values(cells, column, zone, currency, language) for cells, column in pairs]
        for n in names:
            # The row whose key is empty is of what belongs to none of them.
            if batch.column(n).null_count:
                made[n] = [paper.said("none_of_them") if v is None else v for v in made[n]]
        yield from zip(*made, strict=True)


Row = tuple[Any, ...]


def _large(paper: Paper, sheet: Sheet, columns: Sequence[Column]) -> Callable[[int, Row], None]:
    """Writes rows of which there are many."""
    made = makers(paper, columns)

    def write(at: int, row: Row) -> None:
        sheet.write_line(at, [make(at + 1, value) for make, value in zip(made, row, strict=True)])

    return write


def _small(
    paper: Paper, sheet: Sheet, columns: Sequence[Column], widths: Sequence[float]
) -> Callable[[int, Row], None]:
    """Writes rows with addresses that lead there, as high as their texts."""
    pens = _pens(paper, sheet, columns, widths)
    wrapped = [n for n, wide in enumerate(widths) if wide == WRAPPED]

    def write(at: int, row: Row) -> None:
        _heighten(sheet, at, [row[n] for n in wrapped])
        for n, pen in enumerate(pens):
            pen(at, n, row[n])

    return write


Pen = Callable[[int, int, Any], object]


def _pens(
    paper: Paper,
    sheet: Worksheet,
    columns: Sequence[Column],
    widths: Sequence[float],
) -> list[Pen]:
    """What writes the cells of each column."""
    pens: list[Pen] = []
    for column, wide in zip(columns, widths, strict=True):
        look = look_of(column)
        wrapped = {"text_wrap": True} if wide == WRAPPED else {}
        plain = paper.formats.cell(look, **wrapped)
        text = _text(sheet, plain, paper.formats.cell(look, quote_prefix=True, **wrapped))
        if column.type in NUMBERS:
            pens.append(_number(sheet, plain))
        elif column.type == "link":
            pens.append(_link(sheet, paper.formats.cell(look, underline=1), text))
        else:
            pens.append(text)
    return pens


def _number(sheet: Worksheet, style: Format) -> Pen:
    def write(row: int, column: int, value: Any) -> None:
        if value is None:
            sheet.write_blank(row, column, None, style)
        else:
            sheet.write_number(row, column, value, style)

    return write


def _text(sheet: Worksheet, plain: Format, quoted: Format) -> Pen:
    """Texts stay texts when they are edited: the cells are of the format text, and what looks
    like a formula has the prefix of a quote as well."""

    def write(row: int, column: int, value: Any) -> None:
        if value is None:
            sheet.write_blank(row, column, None, plain)
        else:
            style = quoted if value.startswith(RISKY) else plain
            sheet.write_string(row, column, value, style)

    return write


def _link(sheet: Worksheet, linked: Format, text: Pen) -> Pen:
    def write(row: int, column: int, value: Any) -> None:
        is_address = value is not None and value.startswith(("https://", "http://"))
        if not is_address or sheet.write_url(row, column, value, linked, value):
            text(row, column, value)

    return write


def _widths(
    paper: Paper, columns: Sequence[Column], sample: Sequence[Sequence[Any]]
) -> list[float]:
    currency, language = paper.content.currency, paper.language
    return [
        width(look_of(column), column.label(language), [row[n] for row in sample], currency)
        for n, column in enumerate(columns)
    ]


def _heighten(sheet: Worksheet, row: int, texts: Sequence[str | None]) -> None:
    """Make room for texts of several lines: not every program does so by itself."""
    most = max((lines(text, WRAPPED) for text in texts if text), default=1)
    if most > 1:
        sheet.set_row(row, LINE * min(most, MOST_LINES) + 3)


def _set_up(
    sheet: Worksheet, columns: Sequence[Column], widths: Sequence[float], above: int
) -> None:
    """The header stays in sight and is printed on each page, with the first column."""
    pairs = list(zip(columns, widths, strict=True))
    for n, (column, wide) in enumerate(pairs):
        sheet.set_column(n, n, wide, None, {"hidden": column.aside})
    pages = math.ceil(sum(wide for column, wide in pairs if not column.aside) / ACROSS)
    sheet.fit_to_pages(pages, 0)
    if pages > 1:
        sheet.repeat_columns(0)
        sheet.print_across()
    sheet.freeze_panes(above + 1, 1)
    sheet.repeat_rows(above)
    below = xl_range(above + 1, 0, HEIGHT - 1, len(widths) - 1)
    sheet.ignore_errors({"number_stored_as_text": below})


def _write_title(paper: Paper, sheet: Worksheet, title: str, more: str) -> None:
    of = paper.formats.of
    sheet.set_row(0, 26)
    sheet.write_string(0, 0, title, of(bold=True, font_size=16, font_color=BRAND))
    sheet.write_string(1, 0, paper.about, of(font_color=GREY, font_size=9))
    sheet.write_string(2, 0, more, of(font_color=GREY, font_size=9))


def _write_header(paper: Paper, sheet: Worksheet, columns: Sequence[Column], row: int) -> None:
    sheet.set_row(row, 33)
    for n, column in enumerate(columns):
        sheet.write_string(row, n, column.label(paper.language), paper.formats.head)
