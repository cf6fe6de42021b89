"""Webhook sources: who may post events for a brand, and the secrets they sign with.

A source's id reads `src_<brand>_<random>`: it names its brand, so that it is looked up within it.
"""

import base64
import re
import secrets
from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.core.db import driver
from app.crm.tokens import random_id

API = "api"
"""The source of events that come by a key and name none."""

LIVE = """
SELECT b.currency, s.source_id, s.secret,
    CASE WHEN s.old_secret_until > now() THEN s.old_secret END AS old_secret
FROM brand AS b
LEFT JOIN webhook_source AS s ON s.brand_id = b.brand_id AND s.source_id = ANY ($2::text[])
WHERE b.brand_id = $1
"""

_form = re.compile(r"src_([1-9]\d{0,17})_[a-z0-9]{12}", re.ASCII)


class Source(msgspec.Struct, frozen=True):
    """A webhook source with its live secrets and what its events are read against."""

    brand_id: int
    source_id: str
    secrets: tuple[str, ...]
    currency: str


def new_secret() -> str:
    """A secret of 32 random bytes, as `whsec_` and base64."""
    return "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()


async def create(connection: AsyncConnection, brand_id: int, name: str) -> tuple[str, str]:
    """Make a source: its id and its secret."""
    source_id = f"src_{brand_id}_{random_id(12)}"
    secret = new_secret()
    await connection.execute(
        text(
            "INSERT INTO webhook_source (brand_id, source_id, name, secret)"
            " VALUES (:brand, :source, :name, :secret)"
        ),
        {"brand": brand_id, "source": source_id, "name": name, "secret": secret},
    )
    return source_id, secret


async def rotate(
    connection: AsyncConnection, brand_id: int, source_id: str, overlap_hours: int
) -> str | None:
    """Give a source a new secret; the old one stays live for the overlap. None: no such source."""
    secret = new_secret()
    updated = await connection.execute(
        text(
            "UPDATE webhook_source SET secret = :secret, old_secret = secret,"
            " old_secret_until = now() + make_interval(hours => :hours)"
            " WHERE brand_id = :brand AND source_id = :source"
        ),
        {"brand": brand_id, "source": source_id, "secret": secret, "hours": overlap_hours},
    )
    return secret if updated.rowcount else None


async def row(connection: AsyncConnection, brand_id: int, source_id: str) -> Row[Any] | None:
    """What is told of a source: all but its secrets."""
    rows = await connection.execute(
        text(
            "SELECT source_id, name, created_at, old_secret_until FROM webhook_source"
            " WHERE brand_id = :brand AND source_id = :source"
        ),
        {"brand": brand_id, "source": source_id},
    )
    return rows.one_or_none()


async def rename(
    connection: AsyncConnection, brand_id: int, source_id: str, name: str
) -> str | None:
    """Give a source another name; gives the one it had, None where there is no such source."""
    of = {"brand": brand_id, "source": source_id}
    before: str | None = await connection.scalar(
        text(
            "SELECT name FROM webhook_source"
            " WHERE brand_id = :brand AND source_id = :source FOR UPDATE"
        ),
        of,
    )
    await connection.execute(
        text(
            "UPDATE webhook_source SET name = :name WHERE brand_id = :brand AND source_id = :source"
        ),
        of | {"name": name},
    )
    return before


async def remove(connection: AsyncConnection, brand_id: int, source_id: str) -> bool:
    """Remove a source; False where there is no such source."""
    deleted = await connection.execute(
        text("DELETE FROM webhook_source WHERE brand_id = :brand AND source_id = :source"),
        {"brand": brand_id, "source": source_id},
    )
    return bool(deleted.rowcount)


def brand_of(source_id: str) -> int | None:
    """The brand that a source's id names; None where it is malformed."""
    match = _form.fullmatch(source_id)
    return None if match is None else int(match.group(1))


async def live(
    connection: AsyncConnection, brand_id: int, source_ids: Sequence[str]
) -> dict[str, Source]:
    """Those of the sources that there are, with the secrets that are live now.

    `api`, what comes by a key, is a source of every brand, and has no secret.
    """
    raw = await driver(connection)
    found = {}
    for currency, source_id, *each in await raw.fetch(LIVE, brand_id, source_ids):
        found[API] = Source(brand_id, API, (), currency)
        if source_id is not None:
            live_ones = tuple(one for one in each if one is not None)
            found[source_id] = Source(brand_id, source_id, live_ones, currency)
    return found
