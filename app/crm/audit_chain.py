"""Whether an audit log is what was written: nothing changed, missing, put elsewhere or cut off."""

from collections.abc import AsyncIterator

import msgspec
from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.core.sql import sql
from app.crm.audit import START, digest

BATCH = 5_000


class Head(msgspec.Struct, frozen=True):
    """The end of a log: the number and hash of an entry, written `<seq>:<hash>`."""

    seq: int
    hash: bytes

    def __str__(self) -> str:
        return f"{self.seq}:{self.hash.hex()}"


def read_head(written: str) -> Head:
    """The head that was written down.

    Raises:
        ValueError: where it is none.
    """
    seq, _, hash_ = written.strip().partition(":")
    if not (seq.isascii() and seq.isdigit() and len(seq) < 19 and len(hash_) == 64):
        raise ValueError(f"{written!r} is not a head, as `hongqun audit head` prints it")
    return Head(int(seq), bytes.fromhex(hash_))


async def head(connection: AsyncConnection, brand_id: int) -> Head:
    """The end of a brand's log; number 0 where there is none."""
    rows = await connection.execute(
        text("SELECT seq, hash FROM audit_head WHERE brand_id = :brand"), {"brand": brand_id}
    )
    row = rows.one_or_none()
    return Head(0, START) if row is None else Head(row.seq, row.hash)


async def faults(
    connection: AsyncConnection, brand_id: int, kept: Head | None = None
) -> AsyncIterator[str]:
    """A sentence for each fault; `kept` is a head that was kept elsewhere.

    Entries that are added meanwhile are looked at like all others.
    """
    end = await head(connection, brand_id)
    seq, before = 0, START
    hashes = {0: START}
    async for entry in _entries(connection, brand_id):
        if entry.seq != seq + 1:
            yield _missing(seq + 1, entry.seq - 1)
        elif entry.hash != digest(
            before,
            brand_id,
            entry.seq,
            entry.at,
            entry.actor,
            entry.action,
            entry.subject,
            entry.detail,
        ):
            yield f"entry {entry.seq} was changed, or does not belong behind the one before it"
        seq, before = entry.seq, entry.hash
        if seq == end.seq or (kept is not None and seq == kept.seq):
            hashes[seq] = before
    if seq < end.seq:
        yield f"{_missing(seq + 1, end.seq)}: the end is cut off"
    elif (await head(connection, brand_id)).seq < seq:
        yield f"the head of the log is behind its last entry, {seq}"
    elif hashes.get(end.seq) != end.hash:
        yield f"entry {end.seq} is not the one that the head of the log tells of"
    if kept is not None and hashes.get(kept.seq) != kept.hash:
        yield f"entry {kept.seq} is not the one whose hash was kept: the log was rewritten"


def _missing(first: int, last: int) -> str:
    return (
        f"entry {first} is missing" if first == last else f"entries {first} to {last} are missing"
    )


async def _entries(
    connection: AsyncConnection, brand_id: int
) -> AsyncIterator[Row[tuple[object, ...]]]:
    reached = 0
    while True:
        rows = await connection.execute(
            sql("crm", "audit_entries"), {"brand": brand_id, "after": reached, "limit": BATCH}
        )
        found = rows.all()
        for each in found:
            yield each
        if len(found) < BATCH:
            return
        reached = found[-1].seq
