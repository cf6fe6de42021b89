"""Filters of one column each; what was left out filters nothing."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Integer, Select, Text, func, literal, select
from sqlalchemy.dialects.postgresql import ARRAY

from app.lists.listing import Filter
from app.lists.search import Query


class Range(msgspec.Struct, frozen=True):
    """From an instant or number on, until one that is excluded."""

    low: datetime | int | None = None
    high: datetime | int | None = None


def given(*filters: Filter | None) -> tuple[Filter, ...]:
    """Those that were asked for."""
    return tuple(each for each in filters if each is not None)


def same(column: str, value: Any) -> Filter | None:
    """The column is this."""
    return None if value is None else Filter(lambda t: t.c[column] == value)


def ranged(column: str, asked: Range) -> Filter | None:
    """The column lies in a range."""
    low, high = asked.low, asked.high
    if low is None and high is None:
        return None
    if high is None:
        return Filter(lambda t: t.c[column] >= low, column)
    if low is None:
        return Filter(lambda t: t.c[column] < high, column)
    return Filter(lambda t: (t.c[column] >= low) & (t.c[column] < high), column)


def known(column: str, asked: bool | None) -> Filter | None:
    """The column is there, or is null."""
    if asked is None:
        return None
    return Filter(lambda t: t.c[column].is_not(None) if asked else t.c[column].is_(None))


def hits(table: str, query: Query, *key: str, spans: Sequence[int] | None = None) -> Any:
    """The keys of a table's rows whose text has the words, by the index: some may not match."""
    words = literal(query.words, ARRAY(Text))
    made: Any = getattr(func, f"search_{table}")(words, literal(spans, ARRAY(Integer)))
    return made.table_valued(*key, name="hit")


def found_by(table: str, key: str, query: Query) -> Select[Any]:
    """The same, as values of the key."""
    return select(hits(table, query, key).c[key])
