"""Messages of groups: list and one; found by their words from the newest span on."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Literal

import msgspec
from msgspec import UNSET
from sqlalchemy import Row, and_, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.lists.condition import Range, given, hits, known, ranged
from app.lists.listing import Asked, By, Filter, Listing, Probe, Step
from app.lists.names import Sparse, customers_of, names_of
from app.lists.search import Excerpt, Query, spans, widening
from app.models.tables import metadata

MESSAGE = metadata.tables["message"]
IDENTITY = metadata.tables["message_identity"]

MessageSort = Literal["-sent_at", "sent_at"]
MessageKind = Literal[
    "text", "image", "video", "note_card", "product_card", "coupon", "live_card", "other"
]
_columns = ("sent_at", "group_id", "message_id")
_kinds = (datetime, str, str)
ORDERS = {
    "-sent_at": By(_columns, _kinds, descending=True),
    "sent_at": By(_columns, _kinds),
}


class Card(msgspec.Struct, frozen=True):
    """What a card leads to."""

    note_id: str | None = None
    live_id: str | None = None
    sku: str | None = None


class Message(msgspec.Struct, frozen=True):
    """A message of a group and who sent it."""

    message_id: Sparse[str] = UNSET
    group_id: Sparse[str] = UNSET
    group_name: Sparse[str | None] = UNSET
    member_id: Sparse[str | None] = UNSET
    customer_id: Sparse[str | None] = UNSET
    nickname: Sparse[str | None] = UNSET
    sent_at: Sparse[datetime] = UNSET
    recalled_at: Sparse[datetime | None] = UNSET
    kind: Sparse[str | None] = UNSET
    text: Sparse[str | None] = UNSET
    reply_to: Sparse[str | None] = UNSET
    card: Sparse[Card | None] = UNSET
    excerpt: Sparse[Excerpt | None] = UNSET


class MessageFilters(msgspec.Struct, frozen=True):
    """What messages are asked for."""

    group_id: str | None = None
    member_id: str | None = None
    kind: MessageKind | None = None
    recalled: bool | None = None
    note_id: str | None = None
    sent: Range = Range()
    q: Query | None = None

    async def listing(self, connection: AsyncConnection, brand_id: int) -> Listing:
        """These of a brand's messages."""
        within: list[Probe] = [lambda t: t.c.brand_id == brand_id]
        if self.group_id is not None:
            within.append(lambda t: t.c.group_id == self.group_id)
        if self.member_id is not None:
            within.append(lambda t: t.c.member_id == self.member_id)
        if self.recalled:
            within.append(lambda t: t.c.recalled_at.is_not(None))
        if self.kind is not None:
            within.append(lambda t: t.c.kind == self.kind)
        if self.note_id is not None:
            within.append(lambda t: t.c.card.op("->>")("note_id") == self.note_id)
        query, steps = self.q, None
        if query is not None:
            edges = await _edges(connection, brand_id, self.sent)

            def steps(descending: bool, values: Sequence[Any] | None) -> list[Step]:
                return _steps(query, edges, descending, values)

        return Listing(
            MESSAGE,
            tuple(within),
            given(
                ranged("sent_at", self.sent),
                known("recalled_at", None if self.recalled else self.recalled),
                None if query is None else Filter(lambda t: query.within(t.c.text)),
            ),
            steps,
        )


async def _edges(
    connection: AsyncConnection, brand_id: int, sent: Range
) -> tuple[datetime, datetime] | None:
    """The first and the last instant at which there are messages, within a range."""
    sent_at = MESSAGE.c.sent_at
    (row,) = await connection.execute(
        select(func.min(sent_at), func.max(sent_at)).where(MESSAGE.c.brand_id == brand_id)
    )
    if row[0] is None:
        return None
    first, last = row
    low, high = sent.low, sent.high
    first = max(first, low) if isinstance(low, datetime) else first
    last = min(last, high) if isinstance(high, datetime) else last
    return first, last


def _steps(
    query: Query,
    edges: tuple[datetime, datetime] | None,
    descending: bool,
    values: Sequence[Any] | None,
) -> list[Step]:
    if edges is None:
        return []
    first, last = edges
    if values is not None:
        reached = values[0].astimezone(UTC)
        first, last = (first, min(last, reached)) if descending else (max(first, reached), last)
    found = spans(last.timestamp(), first.timestamp())
    made = []
    for group in widening(found if descending else found[::-1]):
        keys = hits("message", query, *_columns, spans=group)
        made.append(Step(keys, _joined(keys)))
    return made


def _joined(keys: Any) -> Probe:
    return lambda t: and_(*(t.c[name] == keys.c[name] for name in _columns))


async def page(
    connection: AsyncConnection, brand_id: int, filters: MessageFilters, asked: Asked
) -> tuple[list[Message], str | None]:
    """A page of messages, and the cursor of the next."""
    listing = await filters.listing(connection, brand_id)
    found = await listing.page(connection, "messages", ORDERS, asked)
    return await _dressed(connection, brand_id, found.rows, filters.q), found.next


async def one(
    connection: AsyncConnection, brand_id: int, group_id: str, message_id: str
) -> Message | None:
    """A message by the ids of its group and its own."""
    m, i = MESSAGE.c, IDENTITY.c
    sent_at = select(i.sent_at).where(
        i.brand_id == brand_id, i.group_id == group_id, i.message_id == message_id
    )
    rows = await connection.execute(
        select(MESSAGE).where(
            m.brand_id == brand_id,
            m.group_id == group_id,
            m.sent_at == sent_at.scalar_subquery(),
            m.message_id == message_id,
        )
    )
    items = await _dressed(connection, brand_id, rows.all(), None)
    return items[0] if items else None


async def _dressed(
    connection: AsyncConnection, brand_id: int, rows: Sequence[Row[Any]], query: Query | None
) -> list[Message]:
    groups = await names_of(
        connection, brand_id, "chat_group", (row.group_id for row in rows), "name"
    )
    people = {row.member_id for row in rows}
    nicknames = await names_of(connection, brand_id, "member", people, "nickname")
    customers = await customers_of(connection, brand_id, "member", people)
    return [
        Message(
            message_id=row.message_id,
            group_id=row.group_id,
            group_name=groups.get(row.group_id),
            member_id=row.member_id,
            customer_id=customers.get(row.member_id),
            nickname=nicknames.get(row.member_id),
            sent_at=row.sent_at,
            recalled_at=row.recalled_at,
            kind=row.kind,
            text=row.text,
            reply_to=row.reply_to,
            card=None if row.card is None else msgspec.convert(row.card, Card, strict=False),
            excerpt=query.excerpt(row.text or "") if query else UNSET,
        )
        for row in rows
    ]
