"""API keys: shown once, kept as SHA-256, and known by a readable id."""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.core.errors import Problem
from app.core.sql import sql
from app.crm import tokens
from app.crm.caller import SCOPES as SCOPES
from app.crm.caller import Caller
from app.crm.caller import Scope as Scope
from app.crm.tokens import Token
from app.crm.tokens import random_text as random_text

LIVE = "revoked_at IS NULL AND (expires_at IS NULL OR expires_at > now())"


async def create(
    connection: AsyncConnection,
    brand_id: int,
    name: str,
    scopes: Iterable[str] = SCOPES,
    *,
    expires_in_days: int | None = None,
    by: str | None = None,
) -> str:
    """Make a key and give it; it cannot be read again. `by` is who made it."""
    token, key = tokens.new("hq", brand_id)
    await connection.execute(
        sql("crm", "make_key"),
        {
            "brand": brand_id,
            "key_id": token.id,
            "sha256": token.sha256,
            "name": name,
            "scopes": [scope for scope in SCOPES if scope in set(scopes)],
            "days": expires_in_days,
            "by": by,
        },
    )
    return key


async def owner(connection: AsyncConnection, token: Token) -> Caller | None:
    """Who a key speaks for; None for one that is unknown, revoked or expired.

    Its last use is noted, at most once a minute.
    """
    rows = await connection.execute(
        text(
            "SELECT sha256, scopes, last_used_at IS NULL"
            "  OR last_used_at < now() - interval '1 minute' AS unnoted"
            f" FROM api_key WHERE brand_id = :brand AND key_id = :key_id AND {LIVE}"
        ),
        {"brand": token.brand_id, "key_id": token.id},
    )
    row = rows.one_or_none()
    if row is None or not token.is_of(row.sha256):
        return None
    if row.unnoted:
        await connection.execute(
            sql("crm", "note_key_use"), {"brand": token.brand_id, "key_id": token.id}
        )
    return Caller(token.brand_id, token.id, frozenset(row.scopes))


async def find(connection: AsyncConnection, brand_id: int, key_id: str) -> Row[Any] | None:
    """A key of the brand, live or not."""
    rows = await connection.execute(
        text("SELECT * FROM api_key WHERE brand_id = :brand AND key_id = :key_id"),
        {"brand": brand_id, "key_id": key_id},
    )
    return rows.one_or_none()


async def revoke(connection: AsyncConnection, brand_id: int, key_id: str) -> bool:
    """Revoke a key by its id, at once; False where the brand has no such live key."""
    updated = await connection.execute(
        text(
            "UPDATE api_key SET revoked_at = now()"
            f" WHERE brand_id = :brand AND key_id = :key_id AND {LIVE}"
        ),
        {"brand": brand_id, "key_id": key_id},
    )
    return bool(updated.rowcount)


async def rotate(
    connection: AsyncConnection, brand_id: int, key_id: str, overlap_hours: int, by: str
) -> str | None:
    """Give a key a successor of the same name, scopes and lifetime; None: no such live key.

    The old one stays live for the overlap; what it was itself the successor of ends now.

    Raises:
        Problem: 409 where it has a live successor already.
    """
    of = {"brand": brand_id, "key_id": key_id}
    locked = await connection.execute(
        text(
            "SELECT replaces FROM api_key"
            f" WHERE brand_id = :brand AND key_id = :key_id AND {LIVE} FOR UPDATE"
        ),
        of,
    )
    old = locked.one_or_none()
    if old is None:
        return None
    successor = await connection.scalar(
        text(
            f"SELECT key_id FROM api_key WHERE brand_id = :brand AND replaces = :key_id AND {LIVE}"
        ),
        of,
    )
    if successor is not None:
        raise Problem(409, "rotated_already", f"The key {successor} is its live successor.")
    if old.replaces is not None:
        await revoke(connection, brand_id, old.replaces)
    token, key = tokens.new("hq", brand_id)
    await connection.execute(
        sql("crm", "succeed_key"),
        of | {"new_id": token.id, "sha256": token.sha256, "by": by, "hours": overlap_hours},
    )
    return key


async def all_of(connection: AsyncConnection, brand_id: int) -> Sequence[Row[Any]]:
    """The keys of a brand, oldest first."""
    rows = await connection.execute(
        text("SELECT * FROM api_key WHERE brand_id = :brand ORDER BY created_at, key_id"),
        {"brand": brand_id},
    )
    return rows.all()
