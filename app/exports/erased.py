"""Files that name somebody who was erased: found by the ids in Parquet files, and removed.

Of an export with such a file all files that name people go, the workbook too; the others stay. A
weekly export is then written anew, as its next revision. Nothing is remembered but the mark in the
row, so it can break off anywhere.
"""

import asyncio
import re
import tempfile
from collections.abc import Collection
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import unquote

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq
from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from app.core.brand_secret import BrandSecret, secret_of
from app.core.db import transaction
from app.crm.audit import record
from app.exports import runs
from app.exports.asked import Asked
from app.exports.files import files_of
from app.exports.manifest import File, Manifest
from app.exports.store import Store
from app.exports.weeks import parse_week

ERASED = "erased"
ROWS = 20_000
PEOPLE = ("member_id", "buyer_id", "customer_id")
"""How names of columns end that hold ids of people."""

AMONG = {"row", "key", "before", "after", "examples", "value", "link"}
"""Columns in which ids may stand among other words."""

_between = re.compile(r" / |[/,;\u3001\uff0c] ?")

SPACES = {"m:": "member", "b:": "buyer"}
SYSTEM = "system"


class Graves(NamedTuple):
    """Who is erased: keyed hashes of their ids; `shared`: equal ids are one person."""

    digests: Collection[bytes]
    secret: BrandSecret
    shared: bool

    def hold(self, spaces: Collection[str], id_: str) -> bool:
        """Whether an id is of somebody erased."""
        found = {"member", "buyer"} if self.shared else spaces
        return any(self.secret.tombstone(space, id_) in self.digests for space in found)


async def look(pool: AsyncEngine, store: Store, brand_id: int) -> int:
    """Look through the marked exports of a brand; gives how many had to lose files."""
    lost = 0
    async with transaction(pool, brand_id) as connection:
        found = await connection.execute(
            text(
                "SELECT export_id, kind, week, revision, language, asked, prefix, manifest,"
                " erased_at FROM export WHERE brand_id = :brand AND state = 'done'"
                " AND erased_at IS NOT NULL AND removed_at IS NULL ORDER BY created_at, export_id"
            ),
            {"brand": brand_id},
        )
        rows = found.all()
    for row in rows:
        lost += await _look_at(pool, store, brand_id, row)
    return lost


async def is_marked(connection: AsyncConnection, brand_id: int, export_id: str) -> bool:
    """Whether an export still has to be looked through: until then its files are not compared."""
    return bool(
        await connection.scalar(
            text(
                "SELECT erased_at IS NOT NULL AND removed_at IS NULL FROM export"
                " WHERE brand_id = :brand AND export_id = :id"
            ),
            {"brand": brand_id, "id": export_id},
        )
    )


def has_lost(manifest: Manifest | None) -> bool:
    """Whether files of an export went with somebody: the next revision stands in for it."""
    return manifest is not None and any(file.removed_why == ERASED for file in manifest.files)


async def _look_at(pool: AsyncEngine, store: Store, brand_id: int, row: Row[Any]) -> bool:
    files = files_of(row.manifest)
    naming = [file for file in files if file.people and file.removed_why is None]
    found = bool(naming) and await _name_erased(pool, store, brand_id, row.prefix, naming)
    if found:
        files = [
            msgspec.structs.replace(each, removed_why=ERASED) if each in naming else each
            for each in files
        ]
        async with transaction(pool, brand_id) as connection:
            await _withdraw(connection, brand_id, row, files)
    await store.remove(row.prefix, [file.name for file in files if file.removed_why])
    await _unmark(pool, brand_id, row.export_id, row.erased_at)
    return found


async def _withdraw(
    connection: AsyncConnection, brand_id: int, row: Row[Any], files: list[File]
) -> None:
    """Nobody gets these files any more, from here on; of a week a new revision is asked for."""
    await connection.execute(
        text(
            "UPDATE export SET manifest = jsonb_set(manifest, '{files}', CAST(:files AS jsonb)),"
            " removed_at = CASE WHEN :all THEN clock_timestamp() END,"
            " removed_why = CASE WHEN :all THEN 'erased' END"
            " WHERE brand_id = :brand AND export_id = :id AND removed_at IS NULL"
        ),
        {
            "brand": brand_id,
            "id": row.export_id,
            "files": msgspec.json.encode(files).decode(),
            "all": all(file.removed_why for file in files),
        },
    )
    if row.week is not None:
        newest = await runs.newest(connection, brand_id, row.week)
        if newest is not None and newest.export_id == row.export_id:
            await runs.queue_week(
                connection,
                brand_id,
                parse_week(row.week),
                SYSTEM,
                language=row.language,
                asked=msgspec.convert(row.asked, Asked),
            )
    gone = sum(file.removed_why is not None for file in files)
    await record(connection, brand_id, SYSTEM, "export.withdraw", row.export_id, {"files": gone})


async def _unmark(pool: AsyncEngine, brand_id: int, export_id: str, seen: datetime) -> None:
    """Take the mark away, unless somebody was erased since."""
    async with transaction(pool, brand_id) as connection:
        await connection.execute(
            text(
                "UPDATE export SET erased_at = NULL"
                " WHERE brand_id = :brand AND export_id = :id AND erased_at = :seen"
            ),
            {"brand": brand_id, "id": export_id, "seen": seen},
        )


async def _name_erased(
    pool: AsyncEngine, store: Store, brand_id: int, prefix: str, files: list[File]
) -> bool:
    """Whether one of an export's Parquet files names somebody erased, or there is none to see."""
    tables = [file for file in files if file.name.endswith(".parquet")]
    if not tables:
        return True
    async with transaction(pool, brand_id) as connection:
        graves = await _graves(connection, brand_id)
    with tempfile.TemporaryDirectory(prefix="hongqun-erased-") as folder:
        for file in tables:
            path = Path(folder) / "table.parquet"
            try:
                await store.fetch(prefix, file.name, path)
            except FileNotFoundError:
                return True
            if await asyncio.to_thread(names_any, path, graves):
                return True
    return False


async def _graves(connection: AsyncConnection, brand_id: int) -> Graves:
    rows = await connection.execute(
        text("SELECT digest FROM tombstone WHERE brand_id = :brand"), {"brand": brand_id}
    )
    digests = frozenset(bytes(row.digest) for row in rows)
    mode = await connection.scalar(
        text("SELECT identity_mode FROM brand WHERE brand_id = :brand"), {"brand": brand_id}
    )
    return Graves(digests, await secret_of(connection, brand_id), mode == "shared")


def names_any(path: Path, graves: Graves) -> bool:
    """Whether a Parquet file names one of the erased; in a thread, since all of it is read."""
    with pq.ParquetFile(path) as table:
        columns = _columns(table.schema_arrow)
        for batch in table.iter_batches(ROWS, columns=columns):
            for column in columns:
                if any(_is_erased(column, each, graves) for each in _distinct(batch, column)):
                    return True
    return False


def _columns(schema: pa.Schema) -> list[str]:
    """The columns that hold ids of people; where none is called so, all that hold texts."""
    texts = [field.name for field in schema if _is_text(field.type)]
    return [name for name in texts if name.endswith(PEOPLE) or name in AMONG] or texts


def _is_text(kind: pa.DataType) -> bool:
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def _distinct(batch: pa.RecordBatch, column: str) -> list[str]:
    return [each for each in batch.column(column).unique().to_pylist() if each]


def _is_erased(column: str, value: str, graves: Graves) -> bool:
    if column in AMONG:
        parts = {value, *_between.split(value), *map(unquote, _between.split(value))}
        return any(_is_erased("", part, graves) for part in parts if part)
    space = SPACES.get(value[:2])
    if space is not None and graves.hold({space}, value[2:]):
        return True
    if column.endswith("customer_id"):
        return False
    own = next((each for each in SPACES.values() if column.endswith(f"{each}_id")), None)
    return graves.hold({own} if own else set(SPACES.values()), value)
