"""What a row says: drafts of events, before they have an id."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Any

import msgspec

from app.sheets.asked import BadCell, SheetKind
from app.sheets.columns import Column

Values = dict[str, Any]
"""The values of a row by the names of its columns; empty cells are left out."""


class Draft(msgspec.Struct, frozen=True):
    """One event that a row says.

    `key` is what it is about: a row that says something else of the same key corrects it. Without
    a `time` it holds as of the time that the whole file stands for. `assumed` names the column
    that should have given the time and did not.
    """

    type: str
    key: tuple[str, ...]
    time: datetime | None
    data: dict[str, Any]
    assumed: str | None = None


class Sheet(msgspec.Struct, frozen=True):
    """A kind of sheet: its columns, and the events of a row, which may raise BadRow."""

    kind: SheetKind
    columns: Sequence[Column]
    read: Callable[[Values], Iterator[Draft]]


class BadRow(BadCell):
    """Cells of a row that do not fit together; `column` is the one to look at."""

    def __init__(self, column: str, code: str, detail: str) -> None:
        super().__init__(code, detail)
        self.column = column


def some(**fields: Any) -> dict[str, Any]:
    """The fields that are given."""
    return {name: value for name, value in fields.items() if value is not None}
