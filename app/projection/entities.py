"""Which columns of which table are attributes: the latest value, the earliest or latest time."""

from enum import Enum

import msgspec

Stamp = tuple[int, str, str]
"""When an event spoke: (microseconds since 1970, event id, source); events compare by it."""


class Entity(msgspec.Struct, frozen=True, kw_only=True):
    """A table of attributes and its key; column types are PostgreSQL's.

    latest: a value of the latest event that carries it. earliest, last: a time, folded by min
    and max.
    """

    table: str
    key: tuple[str, ...]
    latest: dict[str, str]
    earliest: tuple[str, ...] = ()
    last: tuple[str, ...] = ()

    @property
    def times(self) -> tuple[str, ...]:
        return self.earliest + self.last


class Entities(Enum):
    """Every table whose rows are attributes by 'latest per field'."""

    GROUP = Entity(
        table="chat_group",
        key=("group_id",),
        latest={"name": "text", "capacity": "bigint", "owner_member_id": "text"},
    )
    MEMBER = Entity(
        table="member",
        key=("member_id",),
        latest={
            "nickname": "text",
            # What the release before left unsealed; see app/personal/sealing.py.
            "phone": "text",
            "phone_cipher": "bytea",
            "phone_index": "bytea",
            "attributes": "jsonb",
        },
    )
    # Written by its identity; see messages.py.
    MESSAGE = Entity(
        table="message",
        key=("group_id", "message_id"),
        latest={
            "member_id": "text",
            "kind": "text",
            "text": "text",
            "reply_to": "text",
            "card": "jsonb",
        },
        earliest=("sent_at", "recalled_at"),
    )
    DIRECT_MESSAGE = Entity(
        table="direct_message",
        key=("message_id",),
        latest={"direction": "text", "member_id": "text", "text": "text"},
        earliest=("sent_at",),
    )
    NOTE = Entity(
        table="note",
        key=("note_id",),
        latest={
            "title": "text",
            "url": "text",
            "creator_id": "text",
            "group_ids": "jsonb",
            "skus": "jsonb",
            "views": "bigint",
            "likes": "bigint",
            "collects": "bigint",
            "comments": "bigint",
            "shares": "bigint",
        },
        earliest=("published_at",),
    )
    CREATOR = Entity(
        table="creator",
        key=("creator_id",),
        latest={"name": "text", "kind": "text", "mcn": "text"},
    )
    LIVE = Entity(
        table="live",
        key=("live_id",),
        latest={"title": "text", "creator_id": "text"},
        earliest=("started_at",),
        last=("ended_at",),
    )
    ORDER = Entity(
        table="shop_order",
        key=("order_id",),
        latest={
            "buyer_id": "text",
            "amount": "bigint",
            "currency": "text",
            "kind": "text",
            "original_order_id": "text",
            "items": "jsonb",
            "touch": "jsonb",
        },
        earliest=("placed_at", "paid_at", "cancelled_at", "completed_at"),
    )
    REFUND = Entity(
        table="refund",
        key=("order_id", "refund_id"),
        latest={"amount": "bigint", "reason": "text"},
        earliest=("refunded_at",),
    )
