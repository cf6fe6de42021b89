"""Two tables walked side by side: what differs, however their batches are cut."""

from collections.abc import Iterator
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.exports.revision.merge import STEP, STRIDE, differing

SCHEMA = pa.schema([("a", pa.string()), ("n", pa.int64()), ("x", pa.int64())])
tables = st.dictionaries(
    st.tuples(st.sampled_from(("", "a", "é", "群", "😀")), st.integers(0, 40)),
    st.one_of(st.none(), st.integers(0, 2)),
)


def batches(table: dict[tuple[str, int], Any], size: int) -> Iterator[pa.RecordBatch]:
    """The rows in the order of their keys' bytes, and an empty batch in between."""
    keys = sorted(table, key=lambda key: (key[0].encode(), key[1]))
    rows = [{"a": a, "n": n, "x": table[a, n]} for a, n in keys]
    yield from pa.Table.from_pylist(rows, SCHEMA).to_batches(size)
    yield pa.RecordBatch.from_pylist([], SCHEMA)


@given(tables, tables, st.integers(1, 9), st.integers(1, 99))
def test_any_two_tables(
    one: dict[tuple[str, int], Any], two: dict[tuple[str, int], Any], size: int, other: int
) -> None:
    found = {}
    for before, after in differing(batches(one, size), batches(two, other), ("a", "n")):
        row = before or after
        assert row is not None
        key = (row["a"], row["n"])
        assert key not in found
        found[key] = tuple(None if each is None else [each["x"]] for each in (before, after))
    assert found == {
        key: tuple([table[key]] if key in table else None for table in (one, two))
        for key in one.keys() | two.keys()
        if (key in one, one.get(key)) != (key in two, two.get(key))
    }


def test_far_apart() -> None:
    """A row that is new at the beginning puts all others off by one."""
    rows = {("a", n): n for n in range(STRIDE + 3 * STEP)}
    new = rows | {("", 0): 1}
    assert [after for _, after in differing(batches(rows, 999), batches(new, 777), ("a", "n"))] == [
        {"a": "", "n": 0, "x": 1}
    ]


def test_what_is_not_in_order_is_refused() -> None:
    """Paired wrongly it would tell of rows that came and went."""
    rows = [{"a": "b", "n": 1, "x": 1}, {"a": "a", "n": 1, "x": 1}]
    wrong = [pa.RecordBatch.from_pylist(rows, SCHEMA)]
    right = [pa.RecordBatch.from_pylist(rows[::-1], SCHEMA)]
    with pytest.raises(ValueError, match="not in the order of a, n"):
        list(differing(wrong, right, ("a", "n")))
