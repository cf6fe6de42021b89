"""Which entities an event names: only by the fields that the contract gives to its type."""

from collections.abc import Iterable, Iterator

from .event import Event

OF_MEMBER = {
    "member.joined",
    "member.left",
    "member.updated",
    "message.sent",
    "card.clicked",
    "direct_message.sent",
    "direct_message.received",
    "live.joined",
    "identity.linked",
}
OF_GROUP = {
    "group.created",
    "group.updated",
    "group.dismissed",
    "group.snapshot",
    "member.joined",
    "member.left",
    "message.sent",
    "message.recalled",
    "card.clicked",
    "live.joined",
}
OF_BUYER = {"order.placed", "order.paid", "identity.linked"}
OF_ORDER = {"order.placed", "order.paid", "order.cancelled", "order.completed", "order.refunded"}


def members(event: Event) -> Iterator[str]:
    if event.type in OF_MEMBER:
        yield event.data["member_id"]
    if event.type == "group.snapshot":
        yield from event.data["member_ids"]
    if event.type in ("group.created", "group.updated") and "owner_member_id" in event.data:
        yield event.data["owner_member_id"]
    if event.type == "member.joined" and event.data.get("source", {}).get("inviter_member_id"):
        yield event.data["source"]["inviter_member_id"]


def groups(events: Iterable[Event]) -> set[str]:
    named: set[str] = set()
    for event in events:
        if event.type in OF_GROUP and "group_id" in event.data:
            named.add(event.data["group_id"])
        elif event.type in ("note.published", "note.updated"):
            named.update(event.data.get("group_ids", []))
        elif event.type in ("order.placed", "order.paid"):
            named.update(filter(None, [event.data.get("touch", {}).get("group_id")]))
    return named


def orders(events: Iterable[Event]) -> set[str]:
    named: set[str] = set()
    for event in events:
        if event.type in OF_ORDER:
            named.add(event.data["order_id"])
        if event.type in ("order.placed", "order.paid") and "original_order_id" in event.data:
            named.add(event.data["original_order_id"])
    return named
