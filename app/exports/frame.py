"""Tables of an export: what their columns are, and their rows as Arrow record batches."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Literal

import msgspec
import pyarrow as pa

from app.metrics.words import Language

ColumnType = Literal[
    "id", "text", "word", "count", "money", "ratio", "number", "date", "instant", "bool", "link"
]
"""`word` is one of few words of ours (a cell, a state), shown by its label; `link` an address."""

ARROW: dict[ColumnType, pa.DataType] = {
    "id": pa.string(),
    "text": pa.string(),
    "word": pa.string(),
    "count": pa.int64(),
    "money": pa.int64(),
    "ratio": pa.decimal128(38, 6),
    "number": pa.decimal128(38, 6),
    "date": pa.date32(),
    "instant": pa.timestamp("us", tz="UTC"),
    "bool": pa.bool_(),
    "link": pa.string(),
}
"""Money is in the currency's minor unit, as everywhere."""


class Column(msgspec.Struct, frozen=True):
    """A column by its key, which machines read, and its labels, which people do.

    `aside`: it is for machines, so a sheet has it hidden.
    """

    key: str
    type: ColumnType
    label_zh: str
    label_en: str
    aside: bool = False

    def label(self, language: Language) -> str:
        return self.label_zh if language == "zh-CN" else self.label_en


class Spec(msgspec.Struct, frozen=True):
    """A table: its name in files, its title on a sheet, and the columns that tell rows apart.

    `people`: its rows name people, so an erasure reaches its files.
    """

    name: str
    title_zh: str
    title_en: str
    columns: Sequence[Column]
    key: tuple[str, ...] = ()
    people: bool = False

    def title(self, language: Language) -> str:
        return self.title_zh if language == "zh-CN" else self.title_en

    @property
    def schema(self) -> pa.Schema:
        return pa.schema([pa.field(column.key, ARROW[column.type]) for column in self.columns])


class Frame(msgspec.Struct, frozen=True):
    """The rows of a table, in the order of their keys' UTF-8 bytes where it has a key.

    `batches` may be called again and again, in threads; each call begins at the first row.
    """

    spec: Spec
    rows: int
    batches: Callable[[], Iterator[pa.RecordBatch]]


def frame_of(spec: Spec, table: pa.Table) -> Frame:
    """A frame of rows that are few enough to be in memory."""
    cast = table.cast(spec.schema)
    return Frame(spec, cast.num_rows, lambda: iter(cast.to_batches()))


def frame_of_rows(spec: Spec, rows: Iterable[Sequence[Any]]) -> Frame:
    """A frame of few rows, each in the order of the columns; sorted by the key, None last."""
    places = [[column.key for column in spec.columns].index(name) for name in spec.key]

    def place(row: Sequence[Any]) -> list[tuple[bool, Any]]:
        return [(row[n] is None, _comparable(row[n])) for n in places]

    found = sorted(rows, key=place) if places else list(rows)
    columns = [
        pa.array([row[n] for row in found], field.type) for n, field in enumerate(spec.schema)
    ]
    return frame_of(spec, pa.Table.from_arrays(columns, schema=spec.schema))


def _comparable(value: Any) -> Any:
    """Texts compare by their UTF-8 bytes; what is absent equals itself."""
    return value.encode() if isinstance(value, str) else 0 if value is None else value
