"""The whole truth of one brand: every fact, folded from scratch from the set of its events."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from . import names
from .attributes import Attributes, latest
from .clock import HOUR
from .customers import customers, identity
from .event import Event, read
from .facts import Click, Customer, Identity, Live, Membership, Message, Order, Refund, View
from .memberships import memberships


@dataclass(frozen=True, eq=False)
class World:
    zone: ZoneInfo
    touch_span: int
    live_grace: int
    attributes: Attributes
    groups: set[str]  # every group that an event names
    orders_named: set[str]
    customer_of: dict[Identity, Customer]
    with_member_identity: frozenset[Customer]
    memberships: list[Membership]  # by (joined_at, group_id, member_id)
    empty_memberships: list[Membership]  # of length 0: evidence that counts nowhere
    suspect_snapshots: list[Event]
    messages: list[Message]  # by time
    clicks: list[Click]  # by (time, event id, source)
    views: list[View]  # by time
    lives: dict[str, Live]
    orders: dict[str, Order]  # the paid ones

    def attribute(self, kind: str, key: str | None, field: str) -> Any:
        """A name, title, creator or mcn, as known now; None where there is none."""
        return None if key is None else self.attributes[kind].get((key,), {}).get(field)


def build(
    events: Iterable[Mapping[str, Any]],
    config: Mapping[str, Any],
    merges: Iterable[tuple[Identity, Identity]] = (),
) -> World:
    """`config`: timezone, identity_mode, touch_hours, live_grace_hours, source; or defaults."""
    told = read(events, config.get("source", "api"))
    shared = config.get("identity_mode", "shared") == "shared"
    customer_of, with_member_identity = customers(told, shared, merges)

    def member(member_id: str) -> Customer:
        one = identity("member", member_id, shared)
        return customer_of.get(one, one)

    def buyer(buyer_id: str) -> Customer:
        return customer_of[identity("buyer", buyer_id, shared)]

    attributes = latest(told)
    counted, empty, suspect = memberships(told, member)
    return World(
        zone=ZoneInfo(config.get("timezone", "Asia/Shanghai")),
        touch_span=config.get("touch_hours", 24) * HOUR,
        live_grace=config.get("live_grace_hours", 2) * HOUR,
        attributes=attributes,
        groups=names.groups(told),
        orders_named=names.orders(told),
        customer_of=customer_of,
        with_member_identity=with_member_identity,
        memberships=counted,
        empty_memberships=empty,
        suspect_snapshots=suspect,
        messages=messages(told, attributes, member),
        clicks=[
            Click(e.at, e.id, e.source, e.data["group_id"], member(e.data["member_id"]))
            for e in told
            if e.type == "card.clicked"
        ],
        views=[
            View(e.at, e.data["live_id"], member(e.data["member_id"]), e.data.get("group_id"))
            for e in told
            if e.type == "live.joined"
        ],
        lives=lives(told),
        orders=orders(told, attributes, buyer),
    )


def first_times(told: Iterable[Event], event_type: str, *key: str) -> dict[tuple[str, ...], int]:
    """The time of the earliest event of this type, by the key."""
    times: dict[tuple[str, ...], int] = {}
    for event in told:
        if event.type == event_type:
            times.setdefault(tuple(event.data[field] for field in key), event.at)
    return times


def messages(
    told: list[Event], attributes: Attributes, member: Callable[[str], Customer]
) -> list[Message]:
    sent = first_times(told, "message.sent", "group_id", "message_id")
    recalled = first_times(told, "message.recalled", "group_id", "message_id")
    sender = attributes["message"]
    return [
        Message(at, key[0], key[1], member(sender[key]["member_id"]), recalled.get(key))
        for key, at in sent.items()
    ]


def lives(told: list[Event]) -> dict[str, Live]:
    ends: dict[str, list[int]] = {}
    for event in told:
        if event.type == "live.ended":
            ends.setdefault(event.data["live_id"], []).append(event.at)
    return {
        live_id: Live(live_id, at, tuple(ends.get(live_id, ())))
        for (live_id,), at in first_times(told, "live.started", "live_id").items()
    }


def orders(
    told: list[Event], attributes: Attributes, buyer: Callable[[str], Customer]
) -> dict[str, Order]:
    refunds: dict[str, list[Refund]] = {}
    for (order_id, refund_id), at in first_times(
        told, "order.refunded", "order_id", "refund_id"
    ).items():
        amount = attributes["refund"][order_id, refund_id]["amount"]
        refunds.setdefault(order_id, []).append(Refund(at, refund_id, amount))
    paid = {}
    for (order_id,), at in first_times(told, "order.paid", "order_id").items():
        order = attributes["order"][(order_id,)]
        paid[order_id] = Order(
            order_id,
            buyer(order["buyer_id"]),
            order.get("kind", "normal"),
            order["amount"],
            at,
            order.get("touch", {}),
            tuple(refunds.get(order_id, ())),
        )
    return paid
