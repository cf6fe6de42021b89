"""Keyset cursors: a page goes on after the last row of the one before, whatever was inserted."""

import base64
import binascii
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Select, and_, false, literal, or_, tuple_

from app.core.errors import BadParameter

MOST = 200
"""Rows of the largest page."""


class Sort(msgspec.Struct, frozen=True):
    """A column to sort by: its values are of `kind`; nulls come last in either direction."""

    column: ColumnElement[Any]
    kind: type[str] | type[int] | type[datetime]
    descending: bool = False
    nullable: bool = False


class Part(msgspec.Struct, frozen=True):
    """A stretch of an order that one index scan can walk: its condition, and its ORDER BY."""

    holds: ColumnElement[bool] | None
    order: tuple[ColumnElement[Any], ...]


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
    if not any(each.nullable for each in order) and len({each.descending for each in order}) == 1:
        return _beyond(order, values)
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


def parts(order: Sequence[Sort], values: Sequence[Any] | None) -> list[Part]:
    """The order from its beginning or after a row, in stretches that follow one another.

    All columns run in one direction, and the first alone may be null. Each stretch is walked on
    one index of these columns: by row comparison where there are values, then among the nulls.
    """
    first, *rest = order
    lines = tuple(each.column.desc() if each.descending else each.column.asc() for each in order)
    if not first.nullable:
        return [Part(None if values is None else _beyond(order, values), lines)]
    nulls = first.column.is_(None)
    if values is None:
        return [Part(first.column.is_not(None), lines), Part(nulls, lines)]
    if values[0] is None:
        return [Part(and_(nulls, _beyond(rest, values[1:])), lines)]
    return [Part(_beyond(order, values), lines), Part(nulls, lines)]


def _beyond(order: Sequence[Sort], values: Sequence[Any]) -> ColumnElement[bool]:
    columns = [each.column for each in order]
    given = [literal(value, column.type) for column, value in zip(columns, values, strict=True)]
    if len(columns) == 1:
        return columns[0] < given[0] if order[0].descending else columns[0] > given[0]
    row, last = tuple_(*columns), tuple_(*given)
    return row < last if order[0].descending else row > last
