"""The inbox: events become durable here, once each, and are queued for the projection."""

import secrets
from collections.abc import Sequence
from datetime import datetime

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from app.core.brand_secret import KEYED, secret_of
from app.core.db import driver
from app.core.sql import native
from app.ingest.dead_letters import DeadText, Letter, keep_all, remove, requeue
from app.ingest.decode import Accepted, Rejection, Sender, read_event
from app.ingest.phones import conceal

CONFLICT = Rejection(
    "id_conflict", "An event of this id with other content is stored already.", "/id"
)

SEPARATOR = "\x1f"
"""Nothing that is JSON holds it as it is; an id may, and what is between values in JSON."""


class Rejected(msgspec.Struct, frozen=True):
    """One event of a request that was not accepted; `index` counts from 0."""

    index: int
    code: str
    detail: str
    id: str | None = None
    field: str | None = None


class Receipt(msgspec.Struct, frozen=True):
    """What became of the events of a request."""

    accepted: int
    duplicates: int
    rejected: list[Rejected]


class Delivery(msgspec.Struct, frozen=True):
    """The events of one request, each read or found to be unreadable."""

    sender: Sender
    events: list[Accepted | DeadText]


def read_all(sender: Sender, raws: Sequence[bytes], now: datetime) -> Delivery:
    """Decode and check the events of a request."""
    return Delivery(sender, [_read(raw, sender, now) for raw in raws])


def _read(raw: bytes, sender: Sender, now: datetime) -> Accepted | DeadText:
    verdict = read_event(raw, sender, now)
    return verdict if isinstance(verdict, Accepted) else _dead(raw, verdict)


def _dead(raw: bytes, why: Rejection) -> DeadText:
    return DeadText(raw, why.code, why.detail, why.field)


async def take_in(
    connection: AsyncConnection,
    brand_id: int,
    sender: Sender,
    raws: Sequence[bytes],
    now: datetime,
) -> Receipt:
    """Read, store and queue the events of one request; keep those rejected as dead letters.

    The caller commits; nothing may be answered before that.
    """
    (receipt,) = await take_in_all(connection, brand_id, [read_all(sender, raws, now)])
    return receipt


async def take_in_all(
    connection: AsyncConnection,
    brand_id: int,
    deliveries: Sequence[Delivery],
    *,
    again: bool = False,
) -> list[Receipt]:
    """Store and queue the events of several requests, as if these had come one after another.

    `again` as of `store`.
    """
    readable = [
        event for delivery in deliveries for event in delivery.events if isinstance(event, Accepted)
    ]
    fresh, known = await store(connection, brand_id, readable, again=again)
    if len(fresh) == sum(len(delivery.events) for delivery in deliveries):
        return [Receipt(len(delivery.events), 0, []) for delivery in deliveries]
    dead: list[tuple[str, str | None, DeadText]] = []
    receipts = []
    for delivery in deliveries:
        sender = delivery.sender
        accepted = duplicates = 0
        rejected: list[Rejected] = []
        for index, event in enumerate(delivery.events):
            if isinstance(event, Accepted):
                identity = (event.source, event.event_id)
                if identity in fresh:
                    fresh.discard(identity)
                    accepted += 1
                    continue
                if known[identity] == event.content_hash:
                    duplicates += 1
                    continue
                event = _dead(event.raw.encode(), CONFLICT)
            dead.append((sender.source, sender.fallback_id, event))
            rejected.append(
                Rejected(index, event.code, event.detail, id_of(event.raw, sender), event.field)
            )
        receipts.append(Receipt(accepted, duplicates, rejected))
    await keep_all(connection, brand_id, dead)
    return receipts


async def store(
    connection: AsyncConnection,
    brand_id: int,
    events: Sequence[Accepted],
    *,
    again: bool = False,
) -> tuple[set[tuple[str, str]], dict[tuple[str, str], bytes]]:
    """Store the events whose identity is new: those identities, and the content of each one.

    Of several events with one identity the first counts. `again`: the caller runs a transaction
    again that fails with 23505, as where another one takes the same identity meanwhile; then it
    costs less to store those whose ids grow with time.
    """
    known: dict[tuple[str, str], bytes] = {}
    first: list[Accepted] = []
    for event in events:
        identity = (event.source, event.event_id)
        if identity not in known:
            known[identity] = event.content_hash
            first.append(event)
    if not first:
        return set(), known
    first = await conceal(connection, brand_id, first)
    raw = await driver(connection)
    within = _range(first) if again else (None, None, None)
    found = await raw.fetch(
        native("ingest", "take_in"), brand_id, len(first), *joined(first), *within
    )
    others = set(map(tuple, found))
    fresh = known.keys() - others
    if others:
        stored = await raw.fetch(
            native("ingest", "stored_content"), brand_id, *zip(*others, strict=True)
        )
        contents = {(row["source"], row["event_id"]): row["content_hash"] for row in stored}
        known.update(await _plain(connection, brand_id, events, contents))
    return fresh, known


def _range(events: Sequence[Accepted]) -> tuple[str | None, str | None, str | None]:
    """The source of the events, and the first and last id; none where they are of several."""
    source, *others = {event.source for event in events}
    if others:
        return None, None, None
    ids = [event.event_id for event in events]
    return source, min(ids), max(ids)  # by code points, which is the order of UTF-8 bytes


def joined(events: Sequence[Accepted]) -> tuple[str, str, str, str, str]:
    """A separator, and what it joins: the sources, the ids, the hashes and the texts of events.

    It begins with what does not come in it again, so that no text can end with a part of it.
    """
    fields = (
        [event.source for event in events],
        [event.event_id for event in events],
        [event.content_hash.hex() for event in events],
        [event.raw for event in events],
    )
    separator = SEPARATOR
    while True:
        sources, ids, hashes, texts = map(separator.join, fields)
        if all(each.count(separator) == len(events) - 1 for each in (sources, ids, texts)):
            return separator, sources, ids, hashes, texts
        separator = f"\x1e{secrets.token_hex(8)}\x1f"


async def _plain(
    connection: AsyncConnection,
    brand_id: int,
    events: Sequence[Accepted],
    stored: dict[tuple[str, str], bytes],
) -> dict[tuple[str, str], bytes]:
    """The stored hashes; in place of a keyed one the plain one of the event that it is of."""
    if all(len(content) != KEYED for content in stored.values()):
        return stored
    secret = await secret_of(connection, brand_id)
    plain = {}
    for event in events:
        content = stored.get((event.source, event.event_id))
        if content is not None and content == secret.keyed(event.content_hash):
            plain[event.source, event.event_id] = event.content_hash
    return stored | plain


class _Identified(msgspec.Struct):
    id: str | None = None


def id_of(raw: bytes, sender: Sender) -> str | None:
    """The id that a rejected event gives, as far as it can be read."""
    try:
        return msgspec.json.decode(raw, type=_Identified).id or sender.fallback_id
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return sender.fallback_id


async def take_in_again(
    connection: AsyncConnection,
    brand_id: int,
    letter: Letter,
    sender: Sender,
    corrected: bytes | None,
    now: datetime,
) -> Receipt:
    """Take a dead letter in once more; it goes when it is accepted or a duplicate, else stays."""
    if corrected is None and letter.event_no is not None:
        await requeue(connection, brand_id, letter.event_no)
        await remove(connection, brand_id, letter.dead_letter_id)
        return Receipt(1, 0, [])
    raw = letter.raw if corrected is None else corrected
    verdict = read_event(raw, sender, now)
    if isinstance(verdict, Accepted):
        fresh, known = await store(connection, brand_id, [verdict])
        identity = (verdict.source, verdict.event_id)
        if identity in fresh or known[identity] == verdict.content_hash:
            if identity not in fresh and letter.event_no is not None:
                await requeue(connection, brand_id, letter.event_no)
            await remove(connection, brand_id, letter.dead_letter_id)
            return Receipt(int(identity in fresh), int(identity not in fresh), [])
        verdict = CONFLICT
    rejected = Rejected(0, verdict.code, verdict.detail, id_of(raw, sender), verdict.field)
    return Receipt(0, 0, [rejected])
