"""The audit log: append-only, each entry's hash covering the one before it."""

import hashlib
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

START = b"\0" * 32
"""What the first entry of a brand follows."""


def digest(
    before: bytes, seq: int, at: datetime, actor: str, action: str, subject: str, detail: Any
) -> bytes:
    """The hash of an entry: SHA-256 over the hash before it and its content as JSON."""
    content = msgspec.json.encode(
        [seq, at.isoformat(), actor, action, subject, detail], order="sorted"
    )
    return hashlib.sha256(before + content).digest()


async def record(
    connection: AsyncConnection,
    brand_id: int,
    actor: str,
    action: str,
    subject: str = "",
    detail: dict[str, Any] | None = None,
) -> None:
    """Add an entry, in the transaction of what it tells of.

    actor: `key:<id>`, `operator:<id>` or `system`. action: `<noun>.<verb>`, such as
    `customer.merge`. subject: the id acted on. detail: what else matters, never personal data.
    """
    # The head's row lock orders the entries of a brand.
    head = await connection.execute(
        text(
            "INSERT INTO audit_head AS h (brand_id, seq, hash) VALUES (:brand, 1, :start)"
            " ON CONFLICT (brand_id) DO UPDATE SET seq = h.seq + 1"
            " RETURNING seq, hash, clock_timestamp() AS at"
        ),
        {"brand": brand_id, "start": START},
    )
    seq, before, at = head.one()
    given = detail or {}
    made = digest(before, seq, at, actor, action, subject, given)
    await connection.execute(
        text(
            "WITH head AS ("
            " UPDATE audit_head SET hash = :hash WHERE brand_id = :brand"
            ") INSERT INTO audit_entry"
            " (brand_id, seq, at, actor, action, subject, detail, hash)"
            " VALUES (:brand, :seq, :at, :actor, :action, :subject,"
            " CAST(:detail AS jsonb), :hash)"
        ),
        {
            "brand": brand_id,
            "seq": seq,
            "at": at,
            "actor": actor,
            "action": action,
            "subject": subject,
            "detail": msgspec.json.encode(given).decode(),
            "hash": made,
        },
    )
