"""Spec 4.6: from a note (a creator, an agency, a live …) to members, speakers, buyers and money."""

from collections import defaultdict
from collections.abc import Callable
from datetime import date
from typing import Any

from . import by_customer
from .clock import DAY
from .credit import Credit, credits
from .facts import Customer, Membership
from .purchases import days_between
from .window import Params, as_of, past, window
from .world import World

Key = str | None


def answer(world: World, params: Params, now: int) -> dict[str, Any]:
    by, cut_at, span = params["by"], as_of(params, now), window(world, params)
    cut_world = past(world, params, now)
    horizon = int(params.get("within_days", "30")) * DAY
    member_key, credit_key = KEYS[by]
    joined: dict[Key, list[Membership]] = defaultdict(list)
    credited: dict[Key, list[Credit]] = defaultdict(list)
    for membership in cut_world.memberships:
        if span.holds(membership.joined_at):
            joined[member_key(world, membership)].append(membership)
    for credit in credits(cut_world).values():
        if span.holds(credit.order.paid_at):
            credited[credit_key(world, credit)].append(credit)
    return {
        "rows": [
            {
                "key": key,
                "name": name(world, by, key),
                **joins(cut_world, joined[key], horizon, cut_at),
                "credited_orders": len(credited[key]),
                "credited_gmv": sum(c.order.amount for c in credited[key]),
                "credited_net_gmv": sum(c.order.amount - c.order.refunded() for c in credited[key]),
            }
            for key in sorted({*joined, *credited}, key=lambda key: (key is None, key or ""))
        ]
    }


def joins(cut_world: World, some: list[Membership], horizon: int, cut_at: int) -> dict[str, int]:
    speakers = set()
    bought_on: dict[Customer, set[date]] = defaultdict(set)
    for m in some:
        end = m.joined_at + horizon
        times = by_customer.spoken(cut_world).get((m.group_id, m.customer), [])
        if by_customer.any_in(times, m.joined_at, end):
            speakers.add(m.customer)
        bought_on[m.customer] |= days_between(cut_world, m.customer, m.joined_at, end)
    return {
        "joins": len(some),
        "joined_customers": len(bought_on),
        "mature_joins": sum(m.joined_at + horizon <= cut_at for m in some),
        "left": sum(m.left_at is not None and m.left_at < m.joined_at + horizon for m in some),
        "speakers": len(speakers),
        "buyers": sum(len(days) >= 1 for days in bought_on.values()),
        "repeat_buyers": sum(len(days) >= 2 for days in bought_on.values()),
    }


def creator_of(world: World, membership: Membership) -> Key:
    return text(world.attribute("note", membership.source.get("note_id"), "creator_id"))


def mcn_of(world: World, creator_id: Key) -> Key:
    return text(world.attribute("creator", creator_id, "mcn"))


def text(value: object) -> Key:
    return None if value is None else str(value)


def name(world: World, by: str, key: Key) -> Key:
    if by in ("mcn", "source_kind"):
        return key
    return text(world.attribute(by, key, "title" if by in ("note", "live") else "name"))


# by: the key of a membership, the key of an order's credit
KEYS: dict[str, tuple[Callable[[World, Membership], Key], Callable[[World, Credit], Key]]] = {
    "note": (lambda _, m: m.source.get("note_id"), lambda _, c: c.note_id),
    "creator": (creator_of, lambda _, c: c.creator_id),
    "mcn": (lambda w, m: mcn_of(w, creator_of(w, m)), lambda w, c: mcn_of(w, c.creator_id)),
    "live": (lambda _, m: m.source.get("live_id"), lambda _, c: c.order.touch.get("live_id")),
    "source_kind": (
        lambda _, m: m.source.get("kind"),
        lambda _, c: c.interval.source.get("kind") if c.interval else None,
    ),
    "group": (lambda _, m: m.group_id, lambda _, c: c.group_id),
}
