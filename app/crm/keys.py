"""API keys: shown once, kept as SHA-256, and known by a readable prefix.

A key reads `hq_<brand>_<key id>_<secret>`: it names its brand, so that it is looked up within it.
"""

import hashlib
import hmac
import re
import secrets
from collections.abc import Iterable, Sequence
from typing import Any, Literal, get_args

import msgspec
from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

Scope = Literal["events:write", "read", "pii:read", "write", "export", "admin"]
SCOPES: tuple[Scope, ...] = get_args(Scope)

_form = re.compile(r"hq_([1-9]\d{0,17})_([a-z0-9]{8})_([A-Za-z0-9]{40})", re.ASCII)
_letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"


class KeyOwner(msgspec.Struct, frozen=True):
    """Who a live key speaks for."""

    brand_id: int
    key_id: str
    scopes: frozenset[str]

    @property
    def actor(self) -> str:
        """Who acts, as records of what was done name them."""
        return f"key:{self.key_id}"


def random_text(length: int, letters: str = _letters) -> str:
    """A text that nobody can guess."""
    return "".join(secrets.choice(letters) for _ in range(length))


async def create(
    connection: AsyncConnection, brand_id: int, name: str, scopes: Iterable[str] = SCOPES
) -> str:
    """Make a key and give it; it cannot be read again."""
    key_id = random_text(8, "abcdefghijkmnpqrstuvwxyz23456789")
    key = f"hq_{brand_id}_{key_id}_{random_text(40)}"
    await connection.execute(
        text(
            "INSERT INTO api_key (brand_id, key_id, sha256, name, scopes)"
            " VALUES (:brand, :key_id, :sha256, :name, :scopes)"
        ),
        {
            "brand": brand_id,
            "key_id": key_id,
            "sha256": hashlib.sha256(key.encode()).digest(),
            "name": name,
            "scopes": [scope for scope in SCOPES if scope in set(scopes)],
        },
    )
    return key


def brand_of(key: str) -> int | None:
    """The brand that a key names; None where it is malformed."""
    match = _form.fullmatch(key)
    return None if match is None else int(match.group(1))


async def owner(connection: AsyncConnection, key: str) -> KeyOwner | None:
    """Who a key speaks for; None for one that is malformed, unknown or revoked."""
    match = _form.fullmatch(key)
    if match is None:
        return None
    brand_id, key_id = int(match.group(1)), match.group(2)
    rows = await connection.execute(
        text(
            "SELECT sha256, scopes FROM api_key"
            " WHERE brand_id = :brand AND key_id = :key_id AND revoked_at IS NULL"
        ),
        {"brand": brand_id, "key_id": key_id},
    )
    row = rows.one_or_none()
    if row is None or not hmac.compare_digest(row.sha256, hashlib.sha256(key.encode()).digest()):
        return None
    return KeyOwner(brand_id, key_id, frozenset(row.scopes))


async def revoke(connection: AsyncConnection, brand_id: int, key_id: str) -> bool:
    """Revoke a key by its id, at once; False where the brand has no such live key."""
    updated = await connection.execute(
        text(
            "UPDATE api_key SET revoked_at = now()"
            " WHERE brand_id = :brand AND key_id = :key_id AND revoked_at IS NULL"
        ),
        {"brand": brand_id, "key_id": key_id},
    )
    return bool(updated.rowcount)


async def all_of(connection: AsyncConnection, brand_id: int) -> Sequence[Row[Any]]:
    """The keys of a brand, oldest first: key_id, name, scopes, created_at, revoked_at."""
    rows = await connection.execute(
        text(
            "SELECT key_id, name, scopes, created_at, revoked_at FROM api_key"
            " WHERE brand_id = :brand ORDER BY created_at, key_id"
        ),
        {"brand": brand_id},
    )
    return rows.all()
