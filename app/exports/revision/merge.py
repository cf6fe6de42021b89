"""Two tables in the order of one key, walked side by side: the rows in which they differ."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

Row = dict[str, Any]

STEP = 32
"""Rows that are looked at one by one, from where one table has a key that the other has not."""

STRIDE = 8_192
"""Rows that are compared at once."""


def differing(
    before: Iterable[pa.RecordBatch], after: Iterable[pa.RecordBatch], key: Sequence[str]
) -> Iterator[tuple[Row | None, Row | None]]:
    """Rows that only one has, with None for the other, and pairs of one key that differ.

    Both have the same columns. Neither is ever held whole.

    Raises:
        ValueError: where one is not in the order of its key.
    """
    one, two = _Side(before, key), _Side(after, key)
    while (most := one.left()) and (more := two.left()):
        size = min(most, more, STRIDE)
        first, second = one.peek(size), two.peek(size)
        same = size
        if not first.equals(second):
            same = _together(first, second, key)
            yield from _pairs(first.slice(0, same), second.slice(0, same))
        one.skip(same)
        two.skip(same)
        if same < size:
            yield from _step(one, two, min(size - same, STEP))
    while size := min(one.left(), STEP):
        yield from ((row, None) for row in one.take(size))
    while size := min(two.left(), STEP):
        yield from ((None, row) for row in two.take(size))


def _together(first: pa.RecordBatch, second: pa.RecordBatch, key: Sequence[str]) -> int:
    """For how many rows both have the same keys."""
    if first.select(key).equals(second.select(key)):
        return int(first.num_rows)
    return int(pc.index(_unlike(first.select(key), second.select(key)), True).as_py())


def _pairs(first: pa.RecordBatch, second: pa.RecordBatch) -> Iterator[tuple[Row, Row]]:
    """The rows that differ, of those of the same keys."""
    if not first.equals(second):
        unlike = _unlike(first, second)
        yield from zip(
            first.filter(unlike).to_pylist(), second.filter(unlike).to_pylist(), strict=True
        )


def _unlike(first: pa.RecordBatch, second: pa.RecordBatch) -> pa.Array:
    """Whether a row differs in some column; null is like null alone."""
    found = pa.repeat(False, first.num_rows)
    for one, two in zip(first.columns, second.columns, strict=True):
        if not one.equals(two):
            other = pc.fill_null(pc.not_equal(one, two), False)
            found = pc.or_(found, pc.or_(other, pc.xor(pc.is_null(one), pc.is_null(two))))
    return found


class _Side:
    """How far the walk is in a table."""

    def __init__(self, batches: Iterable[pa.RecordBatch], key: Sequence[str]) -> None:
        self.batches = iter(batches)
        self.key = key
        self.batch: pa.RecordBatch | None = None
        self.at = 0
        self.last: tuple[Any, ...] | None = None

    def left(self) -> int:
        """Rows at hand, more than 0 until the end."""
        while self.batch is None or self.at == self.batch.num_rows:
            self.batch, self.at = next(self.batches, None), 0
            if self.batch is None:
                return 0
        return int(self.batch.num_rows) - self.at

    def peek(self, size: int) -> pa.RecordBatch:
        assert self.batch is not None
        return self.batch.slice(self.at, size)

    def skip(self, size: int) -> None:
        self.at += size

    def take(self, size: int) -> list[Row]:
        rows: list[Row] = self.peek(size).to_pylist()
        for row in rows:
            self.place(row)
        self.skip(size)
        return rows

    def place(self, row: Row) -> tuple[Any, ...]:
        """The row's place in the order: ids by their bytes, as code points are; null last."""
        place = tuple((row[name] is None, row[name]) for name in self.key)
        if self.last is not None and place < self.last:
            raise ValueError(f"the rows are not in the order of {', '.join(self.key)}")
        self.last = place
        return place


def _step(one: _Side, two: _Side, size: int) -> Iterator[tuple[Row | None, Row | None]]:
    """Pair the next rows until one side has no more of them."""
    first, second = one.peek(size).to_pylist(), two.peek(size).to_pylist()
    at = to = 0
    while at < size and to < size:
        old, new = one.place(first[at]), two.place(second[to])
        if old == new:
            if first[at] != second[to]:
                yield first[at], second[to]
            at, to = at + 1, to + 1
        elif old < new:
            yield first[at], None
            at += 1
        else:
            yield None, second[to]
            to += 1
    one.skip(at)
    two.skip(to)
