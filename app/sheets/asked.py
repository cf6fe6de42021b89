"""What an import is asked to be, and the ways in which a file or a cell can fail."""

from datetime import datetime
from typing import Literal, get_args

import msgspec

SheetKind = Literal["customers", "memberships", "notes", "orders"]
FileFormat = Literal["csv", "xlsx"]
Encoding = Literal["auto", "utf-8", "gbk", "gb18030"]
Unit = Literal["fen", "yuan"]

KINDS: tuple[SheetKind, ...] = get_args(SheetKind)

SOURCE = "import"
"""The source of the events that rows become."""


class Asked(msgspec.Struct, frozen=True):
    """How a file is to be read.

    `amounts` is the unit of its amounts: fen is the currency's minor unit, yuan its major one.
    `as_of` stands for the time of what a row says without a time. `headers` maps headers of the
    file to names of columns.
    """

    kind: SheetKind
    format: FileFormat
    currency: str
    timezone: str
    as_of: datetime
    encoding: Encoding = "auto"
    amounts: Unit | None = None
    dry_run: bool = False
    headers: dict[str, str] = msgspec.field(default_factory=dict)


class Unreadable(Exception):
    """The file cannot be read, or not further; `code` is stable, the message a sentence."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail


class BadCell(Exception):
    """A cell does not hold what its column asks for."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail


class Fault(msgspec.Struct, frozen=True):
    """What is wrong with a row; a warning does not keep it out."""

    row: int
    header: str | None
    code: str
    detail: str
    value: str | None = None
    warning: bool = False
