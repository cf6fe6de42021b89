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
from app.core.sql import native
from app.crm.tokens import random_id

API = "api"
"""The source of events that come by a key and name none."""

KEY = "key:"
"""What an API key's id is told from a webhook source's by."""

_form = re.compile(r"src_([1-9]\d{0,17})_[a-z0-9]{12}", re.ASCII)


class Source(msgspec.Struct, frozen=True):
    """Who sends events, with the live secrets and what the events are read against.

    Either a webhook source, or an API key (`key:` and its id, the hash of the key as its secret),
    or `api` for an operator's session, which has been looked at already.
    """

    brand_id: int
    source_id: str
    secrets: tuple[str, ...]
    currency: str

    @property
    def name(self) -> str:
        """The source of events that name none."""
        return API if self.source_id.startswith(KEY) else self.source_id


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
    """Those of the sources that may send now, with the secrets that are live now.

    `api`, what comes by a session, is a source of every brand, and has no secret.
    """
    raw = await driver(connection)
    keys = [each.removeprefix(KEY) for each in source_ids if each.startswith(KEY)]
    rows = await raw.fetch(native("crm", "live_senders"), brand_id, source_ids, keys)
    found = {}
    for currency, source_id, *each in rows:
        found[API] = Source(brand_id, API, (), currency)
        if source_id is not None:
            live_ones = tuple(one for one in each if one is not None)
            found[source_id] = Source(brand_id, source_id, live_ones, currency)
    return found


async def is_live(connection: AsyncConnection, source: Source) -> bool:
    """Whether a source is still what it was when a request of it was read."""
    found = await live(connection, source.brand_id, [source.source_id])
    return found.get(source.source_id) == source
