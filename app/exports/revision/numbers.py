"""Published numbers, cell by cell: which of them moved."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

import msgspec
import pyarrow as pa

from app.exports.frame import Column, Spec
from app.exports.revision.before import Pair
from app.exports.revision.merge import Row

TABLES = (
    *("group_share", "repurchase", "retention", "groups"),
    *("notes", "creators", "mcns", "lives"),
)
"""The tables of numbers, the most read first."""

NUMERIC = ("count", "money", "ratio")
BASIS_POINTS = 10_000
Key = tuple[Any, ...]


class Number(msgspec.Struct, frozen=True):
    """One cell of a table of numbers that is not what it was.

    `row` is the row as it is, or as it was where it is gone. `other` has what the rest of the
    row's numbers moved by; `whole` where all of the row came or went.
    """

    spec: Spec
    column: Column
    key: Key
    row: Row
    before: int | Decimal | None
    after: int | Decimal | None
    other: Mapping[str, int | Decimal]
    whole: bool = False

    @property
    def difference(self) -> Decimal:
        return Decimal(self.after or 0) - Decimal(self.before or 0)

    def beyond(self, threshold: int) -> bool:
        """Whether it moved by more than so many basis points of its larger size."""
        if self.before is None or self.after is None:
            return True
        size = max(abs(Decimal(self.before)), abs(Decimal(self.after)))
        return abs(self.difference) * BASIS_POINTS > threshold * size


def moved(pair: Pair) -> Iterator[Number]:
    """The cells of a table that moved, those of the newest periods and largest sums first."""
    columns = [
        column
        for column in pair.spec.columns
        if column.type in NUMERIC
        and column.key not in pair.spec.key
        and column.key in pair.schema.names
    ]
    before, after = _rows(pair.before(), pair.spec.key), _rows(pair.after(), pair.spec.key)
    for key in sorted(before.keys() | after.keys(), key=lambda key: _order(pair.spec, key)):
        yield from _cells(pair.spec, columns, key, before.get(key), after.get(key))


def _cells(
    spec: Spec, columns: Sequence[Column], key: Key, before: Row | None, after: Row | None
) -> Iterator[Number]:
    if before == after:
        return
    was, now = before or {}, after or {}
    differ = [each for each in columns if was.get(each.key) != now.get(each.key)]
    other = {each.key: (now.get(each.key) or 0) - (was.get(each.key) or 0) for each in differ}
    for column in differ:
        values = was.get(column.key), now.get(column.key)
        whole = before is None or after is None
        yield Number(spec, column, key, after or was, *values, other, whole)


def _rows(batches: Iterable[pa.RecordBatch], key: Sequence[str]) -> dict[Key, Row]:
    return {tuple(row[name] for name in key): row for batch in batches for row in batch.to_pylist()}


def _order(spec: Spec, key: Key) -> tuple[Any, ...]:
    """Periods backwards, then all in the order of their keys; what has none comes last."""
    places: list[Any] = []
    for name, value in zip(spec.key, key, strict=True):
        if name == "period":
            places.append(tuple(-ord(letter) for letter in value))
        else:
            places.append((value is None, value))
    return tuple(places)
