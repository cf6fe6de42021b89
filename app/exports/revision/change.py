"""Rows that changed, as the table of changes lists them."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import msgspec

from app.exports.revision.causes import Evidence
from app.exports.revision.merge import Row

MOST = 30_000
"""So many are listed; the others are counted."""


class Change(msgspec.Struct):
    """A field of a row that is not what it was, or a row that came or went (no field).

    The ids are those of the row as it is, or as it was where it is gone.
    """

    evidence: Evidence
    table: str
    key: str
    field: str | None = None
    before: str | None = None
    after: str | None = None
    order_id: str | None = None
    refund_id: str | None = None
    group_id: str | None = None
    member_id: str | None = None
    customer_id: str | None = None
    click_event_id: str | None = None
    click_source: str | None = None


class Changes:
    """The first of them, and how many there are."""

    def __init__(self) -> None:
        self.listed: list[Change] = []
        self.count = 0

    def add(
        self,
        evidence: Evidence,
        table: str,
        key: tuple[str, ...],
        before: Row | None,
        after: Row | None,
        field: str | None = None,
    ) -> None:
        """List a change of a row, or of one of its fields."""
        self.count += 1
        if len(self.listed) >= MOST:
            return
        row = after if after is not None else before or {}
        was, now = (each and field and each.get(field) for each in (before, after))
        self.listed.append(
            Change(
                evidence,
                table,
                " / ".join(shown(row[name]) or "" for name in key),
                field,
                shown(was),
                shown(now),
                order_id=row.get("order_id") or row.get("anchor_order_id"),
                refund_id=row.get("refund_id"),
                group_id=row.get("group_id"),
                member_id=row.get("member_id"),
                customer_id=row.get("customer_id"),
                click_event_id=row.get("click_event_id"),
                click_source=row.get("click_source"),
            )
        )


def shown(value: Any) -> str | None:
    """A value as text: instants in UTC, money in the minor unit."""
    match value:
        case None:
            return None
        case bool():
            return "true" if value else "false"
        case datetime():
            return value.isoformat().replace("+00:00", "Z")
        case date():
            return value.isoformat()
        case Decimal():
            return format(value, "f")
    return str(value)
