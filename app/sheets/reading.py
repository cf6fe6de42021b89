"""From the rows of a file to events that can be stored, or to what is wrong with them."""

import hashlib
import sqlite3
from collections.abc import Iterator
from datetime import datetime
from typing import Any, BinaryIO
from zoneinfo import ZoneInfo

import msgspec

from app.core.clock import microseconds
from app.ingest.decode import EARLIEST, FUTURE, Accepted, Sender, read_event
from app.sheets import cells
from app.sheets.asked import SOURCE, Asked, BadCell, Fault, SheetKind, Unreadable
from app.sheets.cells import Cell
from app.sheets.columns import Column, Layout, lay_out
from app.sheets.customers import CUSTOMERS
from app.sheets.memberships import MEMBERSHIPS
from app.sheets.notes import NOTES
from app.sheets.orders import ORDERS
from app.sheets.rows import rows_of
from app.sheets.said import BadRow, Draft, Sheet, Values

SHEETS: dict[SheetKind, Sheet] = {
    each.kind: each for each in (CUSTOMERS, MEMBERSHIPS, NOTES, ORDERS)
}
LONGEST_VALUE = 60


class Said(msgspec.Struct, frozen=True):
    """One event of a row: what it is about, the digest of what it says, and the event itself."""

    base: str
    digest: str
    event: Accepted


class ReadRow(msgspec.Struct, frozen=True):
    """A row that was read; one with a fault that is no warning says nothing."""

    number: int
    said: list[Said]
    faults: list[Fault]

    @property
    def rejected(self) -> bool:
        return any(not fault.warning for fault in self.faults)


class Reading:
    """A file that is being read, row by row; `began` dates the import, `seed` keys its hashes."""

    def __init__(
        self,
        file: BinaryIO,
        size: int,
        asked: Asked,
        began: datetime,
        now: datetime,
        seed: bytes = b"",
    ) -> None:
        """Open the file and find its columns.

        Raises:
            Unreadable: where that cannot be done.
        """
        self.asked = asked
        self.now = now
        self.seed = seed
        self.sheet = SHEETS[asked.kind]
        self.zone = ZoneInfo(asked.timezone)
        self.stamp = microseconds(began)
        self.sender = Sender(SOURCE, asked.currency)
        self.repeats = Repeats()
        self.opened = rows_of(file, size, asked)
        first = next(self.opened.rows, None)
        if first is None:
            raise Unreadable("empty", "The file has no rows.")
        self.layout: Layout = lay_out([_header(c) for c in first[1]], self.sheet.columns, asked)

    @property
    def encoding(self) -> str | None:
        """The encoding that the file is read in; None for one that has none."""
        encoding = self.opened.encoding
        return None if encoding is None else encoding.removesuffix("-sig")

    @property
    def share(self) -> float:
        """Which share of the file is read, from 0 to 1."""
        return self.opened.share()

    def rows(self) -> Iterator[ReadRow]:
        """The rows behind the headers."""
        for number, row in self.opened.rows:
            yield self._read(number, row)

    def _read(self, number: int, row: list[Cell]) -> ReadRow:
        values, faults = self._values(number, row)
        if any(not fault.warning for fault in faults):
            return ReadRow(number, [], faults)
        said: list[Said] = []
        try:
            for draft in self.sheet.read(values):
                if draft.assumed is not None:
                    detail = "The time is not given: that of the payment stands for it."
                    faults.append(self._fault(number, draft.assumed, "assumed_time", detail, True))
                one = self._event(number, draft)
                if isinstance(one, Fault):
                    faults.append(one)
                elif one is not None:
                    said.append(one)
        except BadRow as error:
            faults.append(self._fault(number, error.column, error.code, error.detail))
        return ReadRow(number, said, faults)

    def _values(self, number: int, row: list[Cell]) -> tuple[Values, list[Fault]]:
        """The values of a row's cells, and what is wrong with them."""
        values: Values = {}
        faults: list[Fault] = []
        for column, header, cell in zip(
            self.layout.columns, self.layout.headers, row, strict=False
        ):
            if column is None or cell == "":
                continue
            try:
                value, twice = self._value(column, cell)
            except BadCell as error:
                shown = None if column.personal else str(cell).replace("\0", "")[:LONGEST_VALUE]
                # What is personal is not repeated.
                why = error.detail if shown is not None else error.detail.replace(str(cell), "It")
                faults.append(Fault(number, header, error.code, why, shown))
                continue
            if value != "" and value != []:
                values[column.name] = value
            if twice:
                detail = "Clocks were set back: the first of the two instants is taken."
                faults.append(Fault(number, header, "ambiguous_time", detail, warning=True))
        if any(cell != "" for cell in row[len(self.layout.columns) :]):
            detail = "The row has more cells than there are headers."
            faults.append(Fault(number, None, "too_many_cells", detail))
        for column in self.sheet.columns:
            if column.required and column.name not in values:
                named = self.layout.header_of(column.name)
                if not any(fault.header == named for fault in faults):
                    faults.append(Fault(number, named, "missing", "The cell is empty."))
        if self.asked.kind == "orders":
            values.setdefault("currency", self.asked.currency)
        return values, faults

    def _value(self, column: Column, cell: Cell) -> tuple[Any, bool]:
        if cells.plain(cell) == "" and not isinstance(cell, cells.Number):
            return "", False
        match column.reads:
            case "id":
                return cells.identifier(cell), False
            case "ids":
                return cells.identifiers(cell), False
            case "amount":
                assert self.asked.amounts is not None
                return cells.amount(cell, self.asked.amounts, self.asked.currency), False
            case "count":
                return cells.count(cell), False
            case "instant":
                return self._instant(cell)
            case "choice":
                return cells.choice(cell, column.choices), False
        return cells.plain(cell), False

    def _instant(self, cell: Cell) -> tuple[datetime, bool]:
        at, twice = cells.instant(cell, self.zone)
        if not EARLIEST <= at <= self.now + FUTURE:
            raise BadCell("time_out_of_range", "The time lies before 2000 or in the future.")
        return at, twice

    def _event(self, number: int, draft: Draft) -> Said | Fault | None:
        """The event of a draft; None where the file has said the same already."""
        try:
            base, digest = base_of(draft, self.seed), digest_of(draft, self.seed)
        except UnicodeEncodeError:
            return Fault(number, None, "invalid", "A text holds a lone surrogate.")
        before = self.repeats.note(base, digest)
        if before == digest:
            return None
        if before is not None:
            detail = "An earlier row of this file says something else of the same."
            return Fault(number, None, "repeated", detail)
        time = (draft.time or self.asked.as_of).isoformat()
        event_id = f"{base}/{self.stamp:013x}{number:06x}{digest}"
        data = {"id": event_id, "type": draft.type, "time": time, "data": draft.data}
        verdict = read_event(msgspec.json.encode(data), self.sender, self.now)
        if isinstance(verdict, Accepted):
            return Said(base, digest, verdict)
        name = (verdict.field or "").rpartition("/")[2]
        return self._fault(number, name, verdict.code, verdict.detail)

    def _fault(
        self, number: int, column: str, code: str, detail: str, warning: bool = False
    ) -> Fault:
        return Fault(number, self.layout.header_of(column) or column, code, detail, None, warning)


def _header(cell: Cell) -> str:
    return "" if isinstance(cell, cells.Broken) else str(cell).replace("\0", "")


def base_of(draft: Draft, seed: bytes) -> str:
    """What an event is about, as the first part of its id: the same for every row that says it.

    Ids are kept for ever, so they tell nobody: not even who somebody is that was erased since.
    """
    return f"{draft.type}/{_hash(list(draft.key), 16, seed)}"


def digest_of(draft: Draft, seed: bytes) -> str:
    """What an event says, in 16 characters; without the time where the row has none."""
    return _hash([draft.type, draft.time, draft.data], 8, seed)


def _hash(content: Any, size: int, seed: bytes) -> str:
    written = msgspec.json.encode(content, order="sorted")
    return hashlib.blake2b(written, digest_size=size, key=seed).hexdigest()


class Repeats:
    """What the rows of a file said so far, on disk: a file may have millions of them."""

    def __init__(self) -> None:
        # An empty name is a temporary file that goes with the connection.
        self.known = sqlite3.connect("", check_same_thread=False, isolation_level=None)
        self.known.execute("PRAGMA journal_mode = OFF")
        self.known.execute("PRAGMA cache_size = -8000")
        self.known.execute("CREATE TABLE said (base BLOB PRIMARY KEY, digest TEXT) WITHOUT ROWID")
        self.known.execute("BEGIN")

    def note(self, base: str, digest: str) -> str | None:
        """Remember what was said; gives what was said of the same before."""
        key = hashlib.blake2b(base.encode(), digest_size=16).digest()
        added = self.known.execute("INSERT OR IGNORE INTO said VALUES (?, ?)", (key, digest))
        if added.rowcount:
            return None
        found = self.known.execute("SELECT digest FROM said WHERE base = ?", (key,)).fetchone()
        return str(found[0])
