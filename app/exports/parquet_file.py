"""A table as Parquet: every column by its type, its label and unit beside it."""

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
from pyarrow import parquet

from app.exports.content import Content
from app.exports.frame import ARROW, Column, Frame

MEDIA_TYPE = "application/vnd.apache.parquet"
ROWS = 32_768
"""Rows of a group; so many of them are in memory at once."""

WORDS = 64 * 1024
"""Bytes of different values in a group of rows, after which they are not listed first: it takes
a third more time, and ids are all different anyway."""

UNITS = {"money": "minor unit of {}", "instant": "UTC", "ratio": "ratio", "count": "count"}


def write_parquet(frame: Frame, path: Path, content: Content) -> None:
    """Write the rows in groups; instants are in UTC, money in the minor unit."""
    schema = _schema(frame, content)
    with parquet.ParquetWriter(
        path,
        schema,
        compression="zstd",
        compression_level=1,
        dictionary_pagesize_limit=WORDS,
    ) as writer:
        for group in _groups(frame):
            writer.write_table(group.cast(schema), row_group_size=ROWS)


def _groups(frame: Frame) -> Iterator[pa.Table]:
    """The rows in tables of ROWS, but for the last."""
    waiting: list[pa.RecordBatch] = []
    rows = 0
    for batch in frame.batches():
        waiting.append(batch)
        rows += batch.num_rows
        while rows >= ROWS:
            table = pa.Table.from_batches(waiting)
            yield table.slice(0, ROWS)
            waiting = table.slice(ROWS).to_batches()
            rows -= ROWS
    if rows:
        yield pa.Table.from_batches(waiting)


def _schema(frame: Frame, content: Content) -> pa.Schema:
    run = content.run
    about = {
        "hongqun.table": frame.spec.name,
        "hongqun.key": ",".join(frame.spec.key),
        "hongqun.brand": content.brand_name,
        "hongqun.timezone": content.timezone,
        "hongqun.currency": content.currency,
        "hongqun.as_of": run.as_of.isoformat(),
        "hongqun.rule_version": str(content.rule_version),
    }
    fields = [_field(column, content.currency) for column in frame.spec.columns]
    return pa.schema(fields, metadata=about)


def _field(column: Column, currency: str) -> pa.Field:
    about = {"label_zh": column.label_zh, "label_en": column.label_en}
    if unit := UNITS.get(column.type):
        about["unit"] = unit.format(currency)
    return pa.field(column.key, ARROW[column.type], metadata=about)
