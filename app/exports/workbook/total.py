"""A table of too many rows to be read, summed up by day and by one of its words."""

from collections import defaultdict
from collections.abc import Sequence
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.compute as pc

from app.exports.frame import Column, Frame, Spec, frame_of
from app.exports.local_time import local
from app.exports.workbook.words import SAID

WORDS = ("cell", "segment", "source_kind", "kind")
"""Columns by which rows are told apart, the first of these that a table has."""


def summed_up(frame: Frame, zone: ZoneInfo) -> Frame:
    """How many rows, and how much money, by local day and by word."""
    spec = frame.spec
    day = next((each for each in spec.columns if each.type == "date"), None) or next(
        (each for each in spec.columns if each.type == "instant"), None
    )
    by_key = {each.key: each for each in spec.columns}
    word = next((by_key[key] for key in WORDS if key in by_key), None)
    money = [each for each in spec.columns if each.type == "money"]
    sums: dict[tuple[object, ...], list[int]] = defaultdict(lambda: [0] * (len(money) + 1))
    for batch in frame.batches():
        for key, counts in _sums(batch, day, word, money, zone):
            for n, count in enumerate(counts):
                sums[key][n] += count
    columns = [*_of_keys(day, word), Column("rows", "count", *SAID["how_many"]), *money]
    made = Spec(spec.name, spec.title_zh, spec.title_en, columns)
    ordered = sorted(sums, key=lambda key: tuple((part is not None, part) for part in key))
    rows = [[*key, *sums[key]] for key in ordered]
    listed = [list(cells) for cells in zip(*rows, strict=True)] or [[] for _ in columns]
    arrays = [pa.array(cells, field.type) for cells, field in zip(listed, made.schema, strict=True)]
    return frame_of(made, pa.table(arrays, schema=made.schema))


def _of_keys(day: Column | None, word: Column | None) -> list[Column]:
    columns = [] if day is None else [Column("day", "date", *SAID["day"])]
    return columns if word is None else [*columns, word]


def _sums(
    batch: pa.RecordBatch,
    day: Column | None,
    word: Column | None,
    money: Sequence[Column],
    zone: ZoneInfo,
) -> list[tuple[tuple[object, ...], list[int]]]:
    keys = {}
    if day is not None:
        days = batch.column(day.key)
        keys["day"] = (
            days if day.type == "date" else local(days, zone).cast(pa.date32(), safe=False)
        )
    if word is not None:
        keys["word"] = batch.column(word.key)
    amounts = {f"m{n}": pc.fill_null(batch.column(each.key), 0) for n, each in enumerate(money)}
    ones = {"rows": pa.array([1] * batch.num_rows, pa.int64())}
    table = pa.table({**keys, **ones, **amounts})
    counted = table.group_by(list(keys)).aggregate([(name, "sum") for name in (*ones, *amounts)])
    columns = [counted.column(name).to_pylist() for name in keys]
    sums = [counted.column(f"{name}_sum").to_pylist() for name in (*ones, *amounts)]
    return [
        (row[: len(columns)], [int(count) for count in row[len(columns) :]])
        for row in zip(*columns, *sums, strict=True)
    ]
