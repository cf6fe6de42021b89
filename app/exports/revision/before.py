"""A table as the revision before had it, in its Parquet file, and as it is now."""

from collections.abc import Collection, Iterator
from functools import cached_property
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet

from app.exports.frame import Frame, Spec
from app.exports.revision.merge import Row, differing

ROWS = 32_768


class Pair:
    """Both of them, by the columns that they share: a new column moves nothing."""

    def __init__(self, path: Path, frame: Frame, of: Collection[str] | None = None) -> None:
        self.path = path
        self.frame = frame
        self.of = of

    @property
    def spec(self) -> Spec:
        return self.frame.spec

    @cached_property
    def schema(self) -> pa.Schema:
        there = set(pyarrow.parquet.read_schema(self.path).names)
        fields = [
            field
            for field in self.spec.schema
            if field.name in there
            and (self.of is None or field.name in self.of or field.name in self.spec.key)
        ]
        return pa.schema(fields)

    def before(self) -> Iterator[pa.RecordBatch]:
        with pyarrow.parquet.ParquetFile(self.path) as file:
            for batch in file.iter_batches(ROWS, columns=self.schema.names, use_threads=False):
                yield self._typed(batch)

    def after(self) -> Iterator[pa.RecordBatch]:
        for batch in self.frame.batches():
            yield self._typed(batch)

    def differing(self) -> Iterator[tuple[Row | None, Row | None]]:
        """The rows that are there once only, or differ; see merge.py."""
        return differing(self.before(), self.after(), self.spec.key)

    def _typed(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        columns = [
            column if column.type == field.type else column.cast(field.type)
            for field in self.schema
            for column in (batch.column(field.name),)
        ]
        return pa.RecordBatch.from_arrays(columns, schema=self.schema)
