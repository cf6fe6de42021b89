"""Keyset cursors: a page goes on after the last row of the one before, whatever was inserted."""

import base64
import binascii
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Select, and_, false, or_

from app.core.errors import BadParameter

MOST = 200
"""Rows of the largest page."""


class Sort(msgspec.Struct, frozen=True):
    """A column to sort by: its values are of `kind`; nulls come last in either direction."""

    column: ColumnElement[Any]
    kind: type[str] | type[int] | type[datetime]
    descending: bool = False
    nullable: bool = False


def write_cursor(name: str, values: Sequence[Any]) -> str:
    """The cursor after a row with these values in the columns of the order `name`."""
    content = msgspec.json.encode([name, *values])
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def read_cursor(name: str, cursor: str, order: Sequence[Sort]) -> list[Any]:
    """The values in a cursor.

    Raises:
        BadParameter: where it is none of this order.
    """
    try:
        if len(cursor) > 4_096:
            raise ValueError
        content = base64.b64decode(
            cursor.encode("ascii") + b"=" * (-len(cursor) % 4), b"-_", validate=True
        )
        kinds = tuple(each.kind | None if each.nullable else each.kind for each in order)
        form: Any = tuple.__class_getitem__((str, *kinds))
        found = msgspec.json.decode(content, type=form)
        if found[0] != name or any(isinstance(v, str) and "\0" in v for v in found):
            raise ValueError
        if any(isinstance(v, int) and abs(v) >= 2**63 for v in found):
            raise ValueError
        if any(isinstance(v, datetime) and v.tzinfo is None for v in found):
            raise ValueError
    except (ValueError, binascii.Error, UnicodeEncodeError, msgspec.DecodeError):
        raise BadParameter("cursor", "is not one of this list and order") from None
    return list(found[1:])


def ordered(select: Select[Any], order: Sequence[Sort]) -> Select[Any]:
    """The rows in this order; its last column must tell any two of them apart."""
    return select.order_by(
        *(
            (each.column.desc() if each.descending else each.column.asc()).nulls_last()
            if each.nullable
            else (each.column.desc() if each.descending else each.column.asc())
            for each in order
        )
    )


def after(order: Sequence[Sort], values: Sequence[Any]) -> ColumnElement[bool]:
    """The condition that a row comes after the one with these values."""
    reached: list[ColumnElement[bool]] = []
    same: list[ColumnElement[bool]] = []
    for each, value in zip(order, values, strict=True):
        if value is None:
            beyond: ColumnElement[bool] = false()
            equal = each.column.is_(None)
        else:
            beyond = each.column < value if each.descending else each.column > value
            if each.nullable:
                beyond = or_(beyond, each.column.is_(None))
            equal = each.column == value
        reached.append(and_(*same, beyond))
        same.append(equal)
    return or_(*reached)
