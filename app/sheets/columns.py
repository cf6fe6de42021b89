"""The columns of a kind of sheet, and which header names which of them."""

import re
from collections.abc import Mapping, Sequence
from typing import Literal

import msgspec

from app.sheets.asked import Asked, Unit, Unreadable

Reads = Literal["id", "ids", "text", "amount", "count", "instant", "choice"]

MOST_COLUMNS = 200
ATTRIBUTE = re.compile(r"(?:属性|attr|attribute)\s*[:：.]\s*(.+)", re.IGNORECASE)
"""A header such as 属性:等级, which makes the attribute 等级 of a customer."""

_noise = re.compile(r"[\s_\-*\ufeff]+")
_unit = re.compile(r"(.+?)[(（\[【]\s*(.+?)\s*[)）\]】]")
UNITS: dict[str, Unit] = {
    **dict.fromkeys(("元", "人民币", "yuan", "cny", "rmb"), "yuan"),
    **dict.fromkeys(("分", "fen"), "fen"),
}


class Column(msgspec.Struct, frozen=True):
    """One column: the headers that name it beside its own name, and how its cells are read.

    `personal`: the value is not repeated in reports.
    """

    name: str
    words: str
    reads: Reads
    required: bool = False
    personal: bool = False
    choices: Mapping[str, str] = {}


class Layout(msgspec.Struct, frozen=True):
    """Which column stands at which place of a row: None for one that is left out."""

    columns: list[Column | None]
    headers: list[str]
    unknown: list[str]

    def header_of(self, name: str) -> str | None:
        """The file's own header of a column."""
        for column, header in zip(self.columns, self.headers, strict=True):
            if column is not None and column.name == name:
                return header
        return None


def folded(header: str) -> str:
    """A header without spaces, underscores, case and a unit in brackets."""
    match = _unit.fullmatch(header.strip())
    return _noise.sub("", match.group(1) if match else header).lower()


def lay_out(headers: Sequence[str], columns: Sequence[Column], asked: Asked) -> Layout:
    """Find the columns in a row of headers.

    Raises:
        Unreadable: where one that is required is missing, two headers name the same one, or a
            header contradicts the unit of amounts that was declared.
    """
    if len(headers) > MOST_COLUMNS:
        raise Unreadable("too_many_columns", f"A sheet has at most {MOST_COLUMNS} columns.")
    by_name = {column.name: column for column in columns}
    by_word = {
        folded(word): column for column in columns for word in (column.name, *column.words.split())
    }
    given = {header.strip(): name for header, name in asked.headers.items()}
    for header, name in given.items():
        if name and name not in by_name:
            raise Unreadable(
                "unknown_column", f"{header!r} is mapped to {name!r}, which is no column."
            )
        if header not in (each.strip() for each in headers):
            raise Unreadable("missing_header", f"The file has no header {header!r}.")
    found: list[Column | None] = []
    unknown: list[str] = []
    for header in headers:
        said = header.strip()
        column = by_name.get(given[said]) if said in given else by_word.get(folded(said))
        attribute = ATTRIBUTE.fullmatch(said)
        if column is None and attribute and asked.kind == "customers" and said not in given:
            column = Column(f"attributes.{attribute.group(1).strip()}", "", "text", personal=True)
        if column is None and said:
            unknown.append(said[:100])
        if column is not None and column in found:
            raise Unreadable("repeated_header", f"Two headers name the column {column.name}.")
        _check_unit(said, column, asked)
        found.append(column)
    for column in columns:
        if column.required and column not in found:
            raise Unreadable(
                "missing_header",
                f"No header names the column {column.name}"
                f" (as {' or '.join([column.name, *column.words.split()][:3])}).",
            )
    return Layout(found, [header.strip() for header in headers], unknown)


def _check_unit(header: str, column: Column | None, asked: Asked) -> None:
    match = _unit.fullmatch(header)
    if column is None or column.reads != "amount" or match is None:
        return
    said = UNITS.get(match.group(2).lower())
    if said is not None and said != asked.amounts:
        raise Unreadable(
            "unit_contradicted", f"The header {header!r} contradicts amounts={asked.amounts}."
        )
