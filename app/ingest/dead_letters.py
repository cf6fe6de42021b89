"""Dead letters: what could not be accepted is kept with its reason and can be tried again.

Their texts are sealed: what nobody could read may hold anything, phones among them.
"""

import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.core.brand_secret import BrandSecret, secret_of
from app.core.sql import sql

KEPT = timedelta(days=90)
UNPROJECTED = "projection_failed"


class DeadText(msgspec.Struct, frozen=True):
    """A rejected text and why."""

    raw: bytes
    code: str
    detail: str
    field: str | None = None


def text_hash(raw: bytes, secret: BrandSecret) -> bytes:
    """What makes the same rejected text the same row."""
    return secret.keyed(hashlib.blake2b(raw, digest_size=16).digest())


async def keep(
    connection: AsyncConnection,
    brand_id: int,
    source: str,
    fallback_id: str | None,
    dead: Sequence[DeadText],
) -> None:
    """Keep rejected texts of one request, one row each, counting those that came before."""
    await keep_all(connection, brand_id, [(source, fallback_id, letter) for letter in dead])


async def keep_all(
    connection: AsyncConnection,
    brand_id: int,
    dead: Sequence[tuple[str, str | None, DeadText]],
) -> None:
    """Keep rejected texts of several requests, each with its source and the id it falls back to.

    Of the same text sent twice the later one's reason and id stand, as if it had come by itself.
    """
    if not dead:
        return
    secret = await secret_of(connection, brand_id)
    seen: dict[tuple[str, bytes], int] = {}
    last: dict[tuple[str, bytes], tuple[str | None, DeadText]] = {}
    for source, fallback_id, letter in dead:
        key = (source, text_hash(letter.raw, secret))
        before = last.get(key)
        seen[key] = seen.get(key, 0) + 1
        if fallback_id is None and before is not None:
            fallback_id = before[0]
        last[key] = (fallback_id, letter)
    letters = [letter for _, letter in last.values()]
    await connection.execute(
        sql("ingest", "keep_dead_letters"),
        {
            "brand": brand_id,
            "sources": [source for source, _ in last],
            "fallback_ids": [fallback_id for fallback_id, _ in last.values()],
            "raws": [secret.seal(letter.raw) for letter in letters],
            "hashes": [digest for _, digest in last],
            "codes": [letter.code for letter in letters],
            "fields": [letter.field for letter in letters],
            "details": [letter.detail for letter in letters],
            "seen": list(seen.values()),
        },
    )


async def count_oversized(connection: AsyncConnection, brand_id: int, source: str) -> None:
    """Count a body that was refused for its size; it is not stored."""
    await connection.execute(
        text(
            "INSERT INTO oversized_intake AS o (brand_id, source, seen) VALUES (:b, :s, 1)"
            " ON CONFLICT (brand_id, source) DO UPDATE SET seen = o.seen + 1, last_seen = now()"
        ),
        {"b": brand_id, "s": source},
    )


async def forget_old(connection: AsyncConnection, brand_id: int) -> None:
    """Drop the dead letters that nobody sent for 90 days."""
    await connection.execute(
        text(
            "DELETE FROM dead_letter WHERE brand_id = :b"
            " AND last_seen < now() - CAST(:kept AS interval)"
        ),
        {"b": brand_id, "kept": KEPT},
    )


async def bury(connection: AsyncConnection, brand_id: int, event_no: int, reason: str) -> None:
    """Make a dead letter of an accepted event that cannot be projected; it keeps its identity."""
    found = await connection.execute(
        text("SELECT source, raw FROM event WHERE brand_id = :brand AND event_no = :no"),
        {"brand": brand_id, "no": event_no},
    )
    event = found.one()
    raw = event.raw.encode()
    await keep(connection, brand_id, event.source, None, [DeadText(raw, UNPROJECTED, reason)])
    given = {"brand": brand_id, "no": event_no}
    secret = await secret_of(connection, brand_id)
    await connection.execute(
        text(
            "UPDATE dead_letter SET event_no = :no"
            " WHERE brand_id = :brand AND source = :source AND raw_hash = :hash"
        ),
        given | {"source": event.source, "hash": text_hash(raw, secret)},
    )
    await connection.execute(
        text("DELETE FROM pending_event WHERE brand_id = :brand AND event_no = :no"), given
    )


class DeadLetter(msgspec.Struct, frozen=True):
    """A dead letter as operators see it; bytes that are no UTF-8 show as U+FFFD."""

    id: str
    source: str
    code: str
    field: str | None
    detail: str
    raw: str
    seen: int
    first_seen: datetime
    last_seen: datetime


class Letter(msgspec.Struct, frozen=True):
    """A dead letter that is tried again; `event_no` is set where it had been accepted."""

    dead_letter_id: int
    source: str
    fallback_id: str | None
    raw: bytes
    event_no: int | None


async def page(
    connection: AsyncConnection, brand_id: int, limit: int, before: int | None, code: str | None
) -> list[DeadLetter]:
    """Dead letters by falling id, from below `before` on."""
    rows = await connection.execute(
        text(
            "SELECT dead_letter_id, source, code, field, detail, raw, sealed, seen, first_seen,"
            " last_seen"
            " FROM dead_letter WHERE brand_id = :brand"
            " AND (CAST(:before AS bigint) IS NULL OR dead_letter_id < :before)"
            " AND (CAST(:code AS text) IS NULL OR code = :code)"
            " ORDER BY dead_letter_id DESC LIMIT :limit"
        ),
        {"brand": brand_id, "before": before, "code": code, "limit": limit},
    )
    secret = await secret_of(connection, brand_id)
    return [
        DeadLetter(
            str(row.dead_letter_id),
            row.source,
            row.code,
            row.field,
            row.detail,
            opened(row.raw, row.sealed, secret).decode("utf-8", "replace"),
            row.seen,
            row.first_seen,
            row.last_seen,
        )
        for row in rows
    ]


async def lock(connection: AsyncConnection, brand_id: int, dead_letter_id: int) -> Letter | None:
    """A dead letter, locked so that two retries of it wait for each other."""
    rows = await connection.execute(
        text(
            "SELECT dead_letter_id, source, fallback_id, raw, sealed, event_no FROM dead_letter"
            " WHERE brand_id = :brand AND dead_letter_id = :id FOR UPDATE"
        ),
        {"brand": brand_id, "id": dead_letter_id},
    )
    row = rows.one_or_none()
    if row is None:
        return None
    raw = opened(row.raw, row.sealed, await secret_of(connection, brand_id))
    return Letter(row.dead_letter_id, row.source, row.fallback_id, raw, row.event_no)


def opened(raw: bytes, sealed: bool, secret: BrandSecret) -> bytes:
    """The text of a stored letter."""
    return secret.open(raw) if sealed else raw


async def remove(connection: AsyncConnection, brand_id: int, dead_letter_id: int) -> None:
    """Drop a dead letter that has been accepted after all."""
    await connection.execute(
        text("DELETE FROM dead_letter WHERE brand_id = :brand AND dead_letter_id = :id"),
        {"brand": brand_id, "id": dead_letter_id},
    )


async def requeue(connection: AsyncConnection, brand_id: int, event_no: int) -> None:
    """Queue an event again whose projection had failed."""
    await connection.execute(
        text(
            "INSERT INTO pending_event (brand_id, event_no) VALUES (:brand, :no)"
            " ON CONFLICT DO NOTHING"
        ),
        {"brand": brand_id, "no": event_no},
    )
