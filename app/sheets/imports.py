"""Imports: uploading a file piece by piece, and what becomes of it."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Literal

import msgspec
from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.crm.tokens import random_text
from app.sheets.asked import Asked, Fault, SheetKind

ABANDONED = timedelta(hours=1)
"""An upload that nothing was added to for so long is given up."""

KEPT = timedelta(days=90)
"""What was wrong with the rows of an import is kept so long."""

MOST_KEPT = 10_000
"""So many faults of an import are kept; all are counted."""

State = Literal["uploading", "queued", "running", "done", "failed", "cancelled"]
OVER: tuple[State, ...] = ("done", "failed", "cancelled")

FIELDS = (
    "import_id, kind, name, asked, state, bytes, created_at, created_by, started_at, finished_at,"
    " encoding, unknown_headers, percent, rows_read, accepted, corrected, duplicates, rejected,"
    " events, counts, code, detail"
)


class Import(msgspec.Struct, frozen=True):
    """An import and how far it is; rows are those below the headers that are not empty.

    `corrected` rows are among the accepted; `problems` counts what was wrong by its code. `code`
    and `detail` say why an import failed.
    """

    id: str
    kind: SheetKind
    name: str | None
    dry_run: bool
    state: State
    bytes: int
    encoding: str | None
    amounts: str | None
    timezone: str
    as_of: datetime
    unknown_headers: list[str]
    percent: int
    rows: int
    accepted: int
    corrected: int
    duplicates: int
    rejected: int
    events: int
    problems: dict[str, int]
    code: str | None
    detail: str | None
    created_at: datetime
    created_by: str
    started_at: datetime | None
    finished_at: datetime | None


def shown(row: Row[Any]) -> Import:
    """An import as its row says."""
    asked = msgspec.convert(row.asked, Asked)
    return Import(
        id=row.import_id,
        kind=asked.kind,
        name=row.name,
        dry_run=asked.dry_run,
        state=row.state,
        bytes=row.bytes,
        encoding=row.encoding,
        amounts=asked.amounts,
        timezone=asked.timezone,
        as_of=asked.as_of,
        unknown_headers=list(row.unknown_headers),
        percent=row.percent,
        rows=row.rows_read,
        accepted=row.accepted,
        corrected=row.corrected,
        duplicates=row.duplicates,
        rejected=row.rejected,
        events=row.events,
        problems=row.counts,
        code=row.code,
        detail=row.detail,
        created_at=row.created_at,
        created_by=row.created_by,
        started_at=row.started_at,
        finished_at=row.finished_at,
    )


async def begin(
    connection: AsyncConnection, brand_id: int, asked: Asked, name: str | None, actor: str
) -> str:
    """Make an import whose file is still to come; gives its id."""
    import_id = "imp_" + random_text(16, "abcdefghijkmnpqrstuvwxyz23456789")
    await connection.execute(
        text(
            "INSERT INTO sheet_import (brand_id, import_id, kind, name, asked, state, created_by)"
            " VALUES (:brand, :id, :kind, :name, CAST(:asked AS jsonb), 'uploading', :actor)"
        ),
        {
            "brand": brand_id,
            "id": import_id,
            "kind": asked.kind,
            "name": name,
            "asked": msgspec.json.encode(asked).decode(),
            "actor": actor,
        },
    )
    return import_id


async def add(
    connection: AsyncConnection, brand_id: int, import_id: str, n: int, content: bytes
) -> None:
    """Store the next piece of the file."""
    given = {"brand": brand_id, "id": import_id, "n": n, "content": content}
    await connection.execute(
        text(
            "WITH import AS (UPDATE sheet_import SET touched_at = now(),"
            " bytes = bytes + length(CAST(:content AS bytea))"
            " WHERE brand_id = :brand AND import_id = :id AND state = 'uploading'"
            " RETURNING import_id)"
            " INSERT INTO sheet_chunk (brand_id, import_id, n, content)"
            " SELECT :brand, import_id, :n, CAST(:content AS bytea) FROM import"
        ),
        given,
    )


async def queue(connection: AsyncConnection, brand_id: int, import_id: str) -> None:
    """The file is whole: a worker may read it."""
    await connection.execute(
        text(
            "UPDATE sheet_import SET state = 'queued', touched_at = now()"
            " WHERE brand_id = :brand AND import_id = :id AND state = 'uploading'"
        ),
        {"brand": brand_id, "id": import_id},
    )


async def forget(connection: AsyncConnection, brand_id: int, import_id: str) -> None:
    """Drop an import whose file did not come whole."""
    for table in ("sheet_chunk", "sheet_import"):
        await connection.execute(
            text(f"DELETE FROM {table} WHERE brand_id = :brand AND import_id = :id"),
            {"brand": brand_id, "id": import_id},
        )


async def find(connection: AsyncConnection, brand_id: int, import_id: str) -> Import | None:
    """An import by its id."""
    found = await connection.execute(
        text(f"SELECT {FIELDS} FROM sheet_import WHERE brand_id = :brand AND import_id = :id"),
        {"brand": brand_id, "id": import_id},
    )
    row = found.one_or_none()
    return None if row is None else shown(row)


async def cancel(connection: AsyncConnection, brand_id: int, import_id: str) -> None:
    """Stop an import that is not over; what it has taken in stays."""
    await end(connection, brand_id, import_id, "cancelled")


async def end(
    connection: AsyncConnection,
    brand_id: int,
    import_id: str,
    state: State,
    code: str | None = None,
    detail: str | None = None,
) -> None:
    """Close an import that is not over, and drop its file."""
    given = {"brand": brand_id, "id": import_id, "state": state, "code": code, "detail": detail}
    await connection.execute(
        text(
            "UPDATE sheet_import SET state = CAST(:state AS text), code = :code, detail = :detail,"
            " finished_at = clock_timestamp(), holder = NULL, leased_until = NULL,"
            " percent = CASE WHEN CAST(:state AS text) = 'done' THEN 100 ELSE percent END"
            " WHERE brand_id = :brand AND import_id = :id"
            " AND state IN ('uploading', 'queued', 'running')"
        ),
        given,
    )
    await connection.execute(
        text("DELETE FROM sheet_chunk WHERE brand_id = :brand AND import_id = :id"), given
    )


async def keep(
    connection: AsyncConnection, brand_id: int, import_id: str, faults: Sequence[Fault]
) -> None:
    """Keep faults of rows."""
    if not faults:
        return
    seen: dict[int, int] = {}
    numbers = []
    for fault in faults:
        seen[fault.row] = seen.get(fault.row, -1) + 1
        numbers.append(seen[fault.row])
    await connection.execute(
        text(
            "INSERT INTO sheet_problem"
            " (brand_id, import_id, row_no, n, header, code, detail, value, warning)"
            " SELECT :brand, :id, * FROM unnest(CAST(:rows AS bigint[]),"
            " CAST(:numbers AS smallint[]), CAST(:headers AS text[]), CAST(:codes AS text[]),"
            " CAST(:details AS text[]), CAST(:values AS text[]), CAST(:warnings AS boolean[]))"
            " ON CONFLICT DO NOTHING"
        ),
        {
            "brand": brand_id,
            "id": import_id,
            "rows": [fault.row for fault in faults],
            "numbers": numbers,
            "headers": [fault.header for fault in faults],
            "codes": [fault.code for fault in faults],
            "details": [fault.detail for fault in faults],
            "values": [fault.value for fault in faults],
            "warnings": [fault.warning for fault in faults],
        },
    )


async def tidy(connection: AsyncConnection, brand_id: int) -> None:
    """Drop uploads that broke off, and what was wrong in imports of long ago."""
    found = await connection.execute(
        text(
            "SELECT import_id FROM sheet_import WHERE brand_id = :brand"
            " AND state = 'uploading' AND touched_at < now() - CAST(:after AS interval)"
        ),
        {"brand": brand_id, "after": ABANDONED},
    )
    for row in found.all():
        await forget(connection, brand_id, row.import_id)
    await connection.execute(
        text(
            "DELETE FROM sheet_problem WHERE brand_id = :brand AND import_id IN (SELECT import_id"
            " FROM sheet_import WHERE brand_id = :brand"
            " AND finished_at < now() - CAST(:kept AS interval))"
        ),
        {"brand": brand_id, "kept": KEPT},
    )
