"""The audit log: append-only, each entry's hash covering the one before it."""

import hashlib
from datetime import UTC, datetime
from typing import Any

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.core.sql import sql

START = b"\0" * 32
"""What the first entry of a brand follows."""

CLI = "cli"
"""The actor of what was done by a command, by whoever holds the machine."""


def digest(
    before: bytes,
    brand_id: int,
    seq: int,
    at: datetime,
    actor: str,
    action: str,
    subject: str,
    detail: str,
) -> bytes:
    """The hash of an entry: SHA-256 over the hash before it and its content.

    The content is a JSON array without spaces, a line feed, and the text of `detail` as it is kept.
    """
    when = at.astimezone(UTC).isoformat(timespec="microseconds")
    content = msgspec.json.encode([brand_id, seq, when, actor, action, subject])
    return hashlib.sha256(before + content + b"\n" + detail.encode()).digest()


async def record(
    connection: AsyncConnection,
    brand_id: int,
    actor: str,
    action: str,
    subject: str = "",
    detail: dict[str, Any] | None = None,
) -> None:
    """Add an entry, in the transaction of what it tells of; best as the last thing in it.

    Until that transaction ends, others that record something of the brand wait.

    actor: `key:<id>`, `operator:<id>`, `cli` or `system`. action: `<noun>.<verb>`, such as
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
    written = msgspec.json.encode(detail or {}, order="sorted").decode()
    await connection.execute(
        sql("crm", "add_audit_entry"),
        {
            "brand": brand_id,
            "seq": seq,
            "at": at,
            "actor": actor,
            "action": action,
            "subject": subject,
            "detail": written,
            "hash": digest(before, brand_id, seq, at, actor, action, subject, written),
        },
    )
