"""Spec 3.1: per field of an entity, the value of the latest event that carries it."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from .event import Event

NOTE = ("note", ("note_id",), ("title", "url", "creator_id", "group_ids", "skus"))
GROUP = ("group", ("group_id",), ("name", "capacity", "owner_member_id"))
LIVE = ("live", ("live_id",), ("title", "creator_id"))
ORDER = (
    "order",
    ("order_id",),
    ("buyer_id", "amount", "currency", "kind", "original_order_id", "items", "touch"),
)
CARRIED: dict[str, tuple[str, tuple[str, ...], tuple[str, ...]]] = {
    "group.created": GROUP,
    "group.updated": GROUP,
    "member.joined": ("member", ("member_id",), ("nickname",)),
    "member.updated": ("member", ("member_id",), ("nickname", "phone", "attributes")),
    "message.sent": (
        "message",
        ("group_id", "message_id"),
        ("member_id", "kind", "text", "reply_to", "card"),
    ),
    "note.published": NOTE,
    "note.updated": NOTE,
    "note.measured": ("note", ("note_id",), ("views", "likes", "collects", "comments", "shares")),
    "creator.updated": ("creator", ("creator_id",), ("name", "kind", "mcn")),
    "live.started": LIVE,
    "live.ended": LIVE,
    "order.placed": ORDER,
    "order.paid": ORDER,
    "order.refunded": ("refund", ("order_id", "refund_id"), ("amount", "reason")),
}

Attributes = dict[str, dict[tuple[str, ...], dict[str, Any]]]


def latest(events: Iterable[Event]) -> Attributes:
    """{kind of entity: {its key: {field: value}}} from events in their order."""
    found: Attributes = defaultdict(lambda: defaultdict(dict))
    for event in events:
        if event.type in CARRIED:
            kind, key, fields = CARRIED[event.type]
            entity = found[kind][tuple(event.data[field] for field in key)]
            for field in fields:
                if field in event.data:
                    entity[field] = event.data[field]
    return found
