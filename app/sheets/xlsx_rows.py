"""The rows of the first sheet of an XLSX file, read as a stream.

Formulas give their stored results; numbers that are formatted as dates give local times.
"""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import BinaryIO

from app.sheets.asked import Unreadable
from app.sheets.cells import Broken, Cell, Number
from app.sheets.columns import MOST_COLUMNS
from app.sheets.xlsx_package import (
    LONGEST_TOKEN,
    MOST_SHEET_BYTES,
    Package,
    Texts,
    feed,
    local,
    new_parser,
)

MOST_ROWS = 1_048_576
FROM_1900 = datetime(1899, 12, 30)  # noqa: DTZ001 (local times of a sheet)
FROM_1904 = datetime(1904, 1, 1)  # noqa: DTZ001
NO_RESULT = Broken("a formula without a stored result")


def read_xlsx(
    file: BinaryIO,
) -> tuple[Iterator[tuple[int, list[Cell]]], Callable[[], float]]:
    """The rows of a workbook's first sheet, and a function that tells the share that is read.

    Raises:
        Unreadable: where it is no workbook, or is larger unpacked than it may be.
    """
    package = Package(file)
    sheet = _Sheet(package)
    return sheet.rows(), lambda: sheet.share


class _Sheet:
    """Collects cells into rows as the parser comes by them."""

    def __init__(self, package: Package) -> None:
        self.package = package
        self.texts = Texts(package)
        self.dates = package.date_styles()
        self.epoch = FROM_1904 if package.from_1904 else FROM_1900
        self.share = 0.0
        self.found: list[tuple[int, list[Cell]]] = []
        self.number = 0
        self.row: list[Cell] = []
        self.place = -1
        self.kind = self.style = ""
        self.value: list[str] = []
        self.reading = self.formula = self.phonetic = False

    def rows(self) -> Iterator[tuple[int, list[Cell]]]:
        parser = new_parser()
        parser.StartElementHandler, parser.EndElementHandler = self._start, self._end
        parser.CharacterDataHandler = self._said
        try:
            info = self.package.zip.getinfo(self.package.sheet)
        except KeyError:
            raise Unreadable("not_xlsx", "The sheet is missing in the workbook.") from None
        for done in feed(self.package.zip, info, parser, MOST_SHEET_BYTES):
            self.share = done / max(info.file_size, 1)
            if sum(map(len, self.value)) > LONGEST_TOKEN:
                raise Unreadable("too_large", "A cell is too long.")
            yield from self.found
            self.found.clear()

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        name = local(name)
        if name == "c":
            given = attributes.get("r")
            self.place = self.place + 1 if given is None else column_of(given)
            self.kind = attributes.get("t", "n")
            self.style = attributes.get("s", "")
            self.formula = False
            self.value.clear()
        elif name == "v" or (name == "t" and not self.phonetic):
            self.reading = True
        elif name == "row":
            self.number = _row_number(attributes.get("r"), self.number)
            self.row, self.place = [], -1
        elif name == "f":
            self.formula = True
        elif name == "rPh":
            self.phonetic = True

    def _said(self, text: str) -> None:
        if self.reading:
            self.value.append(text)

    def _end(self, name: str) -> None:
        name = local(name)
        if name in ("v", "t"):
            self.reading = False
        elif name == "c":
            cell = self._cell()
            # Past the most columns there is one more place: a header there is refused.
            place = min(self.place, MOST_COLUMNS)
            if cell != "" and place < len(self.row):
                self.row[place] = cell
            elif cell != "":
                self.row.extend([""] * (place - len(self.row)))
                self.row.append(cell)
        elif name == "row":
            self.found.append((self.number, self.row))
        elif name == "rPh":
            self.phonetic = False

    def _cell(self) -> Cell:
        said = "".join(self.value)
        self.value.clear()
        if said == "":
            return NO_RESULT if self.formula and self.kind != "str" else ""
        if self.kind == "s":
            return self.texts.get(int(said)) if said.isdigit() else Broken("an unknown text")
        if self.kind == "n":
            return self._number(said)
        if self.kind == "e":
            return Broken(said)
        if self.kind == "b":
            return "TRUE" if said == "1" else "FALSE"
        return said

    def _number(self, said: str) -> Cell:
        try:
            value = float(said)
            if value != value or abs(value) == float("inf"):
                return Broken(said)
            if self.style in self.dates:
                return self.epoch + timedelta(milliseconds=round(value * 86_400_000))
        except ValueError:
            return Broken(said)
        except OverflowError:
            return Broken("a date out of range")
        return Number(said.strip())


def _row_number(given: str | None, before: int) -> int:
    number = int(given) if given is not None and given.isdigit() else before + 1
    if number > MOST_ROWS:
        raise Unreadable("too_many_rows", f"A sheet has at most {MOST_ROWS} rows.")
    return number


def column_of(reference: str) -> int:
    """The place of a cell in its row, from 0, of a reference such as AB12."""
    place = 0
    for letter in reference:
        if not "A" <= letter <= "Z":
            break
        place = place * 26 + ord(letter) - 64
        if place > 100_000:
            raise Unreadable("too_many_columns", "A cell stands too far to the right.")
    if place == 0:
        raise Unreadable("not_xlsx", f"{reference[:20]!r} is no place of a cell.")
    return place - 1
