"""Everything that is stored of one person, as a JSON document in parts.

{"customer_id", "made_at", "identities": […], "<table>": [rows …], …, "events": [as they came]}
"""

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from app.core.brand_secret import BrandSecret, secret_of
from app.core.db import transaction
from app.core.partitions import DETACHED
from app.core.phone import shown
from app.core.sql import sql
from app.ingest.phones import revealed
from app.payloads import JoinData, SnapshotData
from app.personal.persons import Ids, condition
from app.personal.places import PLACES
from app.projection.apply import read
from app.projection.people import people

HIDDEN = ("brand_id", "stamps", "phone_cipher", "phone_index")
EVENTS = 10_000

EXTRA = {
    "refund": "SELECT to_jsonb(x) AS row FROM refund AS x WHERE x.brand_id = :brand"
    " AND x.order_id = ANY (ARRAY(SELECT o.order_id FROM shop_order AS o"
    " WHERE o.brand_id = :brand AND o.buyer_id = ANY (CAST(:buyers AS text[]))))",
    "tag": "SELECT to_jsonb(x) AS row FROM tag AS x WHERE x.brand_id = :brand"
    " AND x.tag_id IN (SELECT g.tag_id FROM tagging AS g WHERE g.brand_id = :brand AND ("
    "g.space = 'member' AND g.id = ANY (CAST(:members AS text[]))"
    " OR g.space = 'buyer' AND g.id = ANY (CAST(:buyers AS text[]))))",
}
"""Rows that name nobody, but belong to rows that do."""


class About(msgspec.Struct, frozen=True):
    """Whom a document is about, when it is made, and whether the events are to be in it."""

    brand_id: int
    customer_id: str
    ids: Ids
    now: datetime
    events: bool


async def document(pool: AsyncEngine, about: About) -> AsyncIterator[bytes]:
    """The document in parts; of tables one row is in memory at a time, of events one batch."""
    brand_id, ids = about.brand_id, about.ids
    head = {
        "customer_id": about.customer_id,
        "made_at": about.now,
        "identities": [{"space": space, "id": id_} for space, id_ in ids.people],
    }
    yield msgspec.json.encode(head)[:-1]
    async with transaction(pool, brand_id) as connection:
        secret = await secret_of(connection, brand_id)
        for table, statement in _statements().items():
            yield b"," + msgspec.json.encode(table) + b":["
            rows = await connection.stream(text(statement), {"brand": brand_id, **ids.parameters()})
            between = b""
            async for row in rows:
                yield between + msgspec.json.encode(_told(row.row, secret))
                between = b","
            yield b"]"
    yield b',"events":['
    between = b""
    at: int | None = 0 if about.events else None
    while at is not None:
        async with transaction(pool, brand_id) as connection:
            at, found = await _events(connection, brand_id, ids, secret, at)
        for event in found:
            yield between + event
            between = b","
    yield b"]}"


def _statements() -> dict[str, str]:
    """A statement a table that has places; a row that two of them find comes once."""
    conditions: dict[str, list[str]] = {}
    for place in PLACES:
        if place.told:
            conditions.setdefault(place.table, []).append(condition(place))
    statements: dict[str, str] = {}
    for table, found in conditions.items():
        parts = []
        for n, each in enumerate(found):
            earlier = "".join(f" AND ({other}) IS NOT TRUE" for other in found[:n])
            parts.append(
                f"SELECT to_jsonb(x) AS row FROM {table} AS x"
                f" WHERE x.brand_id = :brand AND {each}{earlier}"
            )
        # What was detached is told with what was not.
        name = table.removeprefix(f"{DETACHED}.")
        known = [statements[name]] if name in statements else []
        statements[name] = " UNION ALL ".join([*known, *parts])
    return statements | EXTRA


def _told(row: dict[str, Any], secret: BrandSecret) -> dict[str, Any]:
    """A row as it is shown: without what only we need, its phone readable."""
    told = {name: value for name, value in row.items() if name not in HIDDEN}
    if "phone_cipher" in row and row["phone_cipher"] is not None:
        cipher = bytes.fromhex(row["phone_cipher"].removeprefix("\\x"))
        told["phone"] = shown(cipher, None, secret, in_full=True)
    return told


async def _events(
    connection: AsyncConnection, brand_id: int, ids: Ids, secret: BrandSecret, at: int
) -> tuple[int | None, list[bytes]]:
    """The events of one batch that tell of the person, and where the next one begins."""
    needles = [msgspec.json.encode(id_).decode() for id_ in {*ids.members, *ids.buyers}]
    rows = await connection.execute(
        sql("personal", "events_that_may_name"),
        {"brand": brand_id, "at": at, "most": EVENTS, "needles": [*needles, "\\"]},
    )
    told = []
    end: int | None = None
    for row in rows:
        end = row.event_no
        content = _content(row, ids, secret) if row.raw else None
        if content is not None:
            head = {
                "source": row.source,
                "event_id": row.event_id,
                "received_at": row.received_at,
                "event": content,
            }
            told.append(msgspec.json.encode(head))
    return end, told


def _content(row: Any, ids: Ids, secret: BrandSecret) -> msgspec.Raw | None:
    """An event that tells of the person, of a list of members just theirs; None for others."""
    try:
        event = read(row.raw, row.source, row.event_id).event
    except (msgspec.DecodeError, ValueError):
        return None
    theirs = set(ids.people)
    named = [person for person in people(event.data) if person in theirs]
    if isinstance(event.data, JoinData):
        named = [person for person in named if person[1] == event.data.member_id]
    if not named:
        return None
    if isinstance(event.data, SnapshotData):
        data = msgspec.structs.replace(event.data, member_ids=[id_ for _, id_ in named])
        return msgspec.Raw(msgspec.json.encode(msgspec.structs.replace(event, data=data)))
    return msgspec.Raw(revealed(row.raw, secret).encode())
