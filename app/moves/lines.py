"""The lines of an exported brand: a header, its sources, what operators wrote, and its events.

A line is a JSON object. An event is as it was accepted, with its id and source; every other line
has one key, which begins with "hongqun.".
"""

import base64
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import msgspec
from sqlalchemy import Table
from sqlalchemy.dialects.postgresql import JSONB

from app.models.tables import metadata

FORMAT = 1

WRITTEN = (
    *("tag_group", "tag", "tagging", "remark", "task", "segment"),
    *("identity_merge", "identity_dismissal"),
)
"""What operators wrote, as far as there are such tables; the rest follows from events."""

NOT_MOVED = frozenset({"brand_id", "created_at", "export_since"})
"""Columns of a brand that are not its settings."""


class Head(msgspec.Struct, frozen=True):
    """The first line: the brand's settings by their columns."""

    format: int
    exported_at: datetime
    settings: dict[str, Any]


class End(msgspec.Struct, frozen=True):
    """The last line: how much there is, so that a file that was cut off is noticed."""

    events: int
    rows: int


def written() -> list[Table]:
    """The tables of what operators wrote, those that others refer to first."""
    return [table for table in metadata.sorted_tables if table.name in WRITTEN]


def settings_columns() -> list[str]:
    """The columns of a brand's settings."""
    columns = metadata.tables["brand"].columns
    return [column.name for column in columns if column.name not in NOT_MOVED]


def as_json(row: dict[str, Any]) -> dict[str, Any]:
    """A row as JSON: instants as RFC 3339, bytes in base64."""
    # SQLAlchemy's names are texts of a kind of their own, which the encoder does not know.
    return {f"{name}": _as_json(value) for name, value in row.items() if name != "brand_id"}


def _as_json(value: Any) -> Any:
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, datetime | date):
        return value.isoformat()
    return str(value) if isinstance(value, Decimal) else value


def from_json(table: Table, row: dict[str, Any]) -> dict[str, Any]:
    """The row of JSON; columns that this release does not know are left out."""
    return {
        name: _from_json(table.columns[name].type, value)
        for name, value in row.items()
        if name in table.columns
    }


def _from_json(kind: Any, value: Any) -> Any:
    if value is None or isinstance(kind, JSONB):
        return value
    wanted = kind.python_type
    if wanted is bytes:
        return base64.b64decode(value)
    if wanted in (datetime, date):
        return wanted.fromisoformat(value)
    return Decimal(value) if wanted is Decimal else value


def whole(raw: str, event_id: str, source: str) -> bytes:
    """An accepted event that says its own id and source; of a key given twice the last counts."""
    text = raw.strip()
    assert text.endswith("}")
    own = msgspec.json.encode({"id": event_id, "source": source})
    return text[:-1].rstrip().encode() + b"," + own[1:]
