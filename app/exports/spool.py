"""Large tables by way of a file: the rows of a query as COPY gives them, parsed when asked for.

Neither the worker nor the database holds the rows: they go to a file of a temporary folder, and
each reading of the frame parses it again, block by block.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv
from sqlalchemy import BigInteger, ColumnElement, Select, TextClause, cast, extract
from sqlalchemy.ext.asyncio import AsyncConnection

from app.exports.frame import Frame, Spec

BLOCK = 1024 * 1024
"""So much of a file is parsed at a time; a row that is longer is parsed with more."""

LONGEST = 256 * 1024 * 1024
SECONDS = 15 * 60
"""The server's statement_timeout comes first; this one is for a connection that is lost."""

INSTANT = pa.timestamp("us", tz="UTC")


def micros(instant: ColumnElement[Any]) -> ColumnElement[int]:
    """An instant as a query for `spool` has to give it: microseconds since 1970."""
    return cast(extract("epoch", instant) * 1_000_000, BigInteger)


async def spool(
    connection: AsyncConnection,
    statement: Select[Any] | TextClause,
    given: Mapping[str, Any],
    spec: Spec,
    path: Path,
) -> Frame:
    """Copy what a query gives to a file; the frame's rows are in the order of the query.

    The query names its columns as the table does, in that order, with instants as microseconds
    since 1970. The connection must be within a transaction.

    Raises:
        ValueError: where its columns are others.
    """
    compiled = statement.compile(
        dialect=connection.dialect, compile_kwargs={"render_postcompile": True}
    )
    values = {**compiled.params, **given}
    for bound, name in compiled.bind_names.items():
        # As the dialect would send it: asyncpg takes JSON as its text.
        process = bound.type.dialect_impl(connection.dialect).bind_processor(connection.dialect)
        if process is not None:
            values[name] = process(values[name])
    query = compiled.string.strip().rstrip(";")
    raw: Any = (await connection.get_raw_connection()).driver_connection
    prepared = await raw.prepare(query)
    found = [attribute.name for attribute in prepared.get_attributes()]
    asked = [column.key for column in spec.columns]
    if found != asked:
        raise ValueError(f"{spec.name} has columns {asked}, the query {found}")
    status: str = await raw.copy_from_query(
        f"{query}\n",
        *(values[name] for name in compiled.positiontup or ()),
        output=path,
        format="csv",
        timeout=SECONDS,
    )
    return spooled(spec, path, int(status.split()[-1]))


def spooled(spec: Spec, path: Path, rows: int) -> Frame:
    """The frame of a file that COPY wrote."""
    return Frame(spec, rows, lambda: _parsed(spec, path, rows))


def _parsed(spec: Spec, path: Path, rows: int) -> Iterator[pa.RecordBatch]:
    """The batches of a file; where a row is longer than a block, it goes on with larger ones."""
    schema = spec.schema
    block, done = BLOCK, 0
    while done < rows:
        skip = done
        try:
            for batch in _reader(spec, path, block):
                if skip >= batch.num_rows:
                    skip -= batch.num_rows
                    continue
                fresh, skip = batch.slice(skip), 0
                yield _typed(fresh, schema)
                done += fresh.num_rows
        except pa.ArrowInvalid as error:
            if "straddling" not in str(error) or block >= LONGEST:
                raise
            block *= 4
            continue
        if done != rows:
            raise ValueError(f"{path.name} has {done} rows, COPY told of {rows}")


def _reader(spec: Spec, path: Path, block: int) -> pyarrow.csv.CSVStreamingReader:
    """COPY writes NULL as nothing and an empty text as two quotes."""
    types = {
        field.name: pa.int64() if field.type == INSTANT else field.type for field in spec.schema
    }
    return pyarrow.csv.open_csv(
        path,
        # More threads are no faster, and hold more blocks at a time.
        read_options=pyarrow.csv.ReadOptions(
            column_names=list(types), block_size=block, use_threads=False
        ),
        parse_options=pyarrow.csv.ParseOptions(
            newlines_in_values=True, ignore_empty_lines=len(types) > 1
        ),
        convert_options=pyarrow.csv.ConvertOptions(
            column_types=types,
            null_values=[""],
            true_values=["t"],
            false_values=["f"],
            strings_can_be_null=True,
            quoted_strings_can_be_null=False,
        ),
    )


def _typed(batch: pa.RecordBatch, schema: pa.Schema) -> pa.RecordBatch:
    columns = [
        column if column.type == field.type else column.cast(field.type)
        for column, field in zip(batch.columns, schema, strict=True)
    ]
    return pa.RecordBatch.from_arrays(columns, schema=schema)
