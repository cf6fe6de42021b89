"""The customers of whom a rule holds, by plain Python over the recount's world."""

from collections.abc import Callable
from datetime import date
from typing import Any

from tests.oracle.clock import begin, local_day
from tests.oracle.credit import credits
from tests.oracle.customers import identity
from tests.oracle.facts import Customer
from tests.oracle.world import World

Counts = dict[Customer, int]


def holds(world: World, shared: bool, rule: dict[str, Any]) -> set[Customer]:
    """`shared`: the brand's identity_mode."""
    everybody = set(world.customer_of.values())
    ((name, said),) = rule.items()
    match name:
        case "all":
            return set.intersection(*(holds(world, shared, each) for each in said))
        case "any":
            return set.union(*(holds(world, shared, each) for each in said))
        case "not":
            return everybody - holds(world, shared, said)
        case "nickname":
            return {
                world.customer_of[identity("member", key[0], shared)]
                for key, fields in world.attributes["member"].items()
                if fields.get("nickname") == said["is"]
            }
    counts = COUNTS[name](world, said)
    least = said.get("at_least", 0 if "at_most" in said else 1)
    most = said.get("at_most", float("inf"))
    return {each for each in everybody if least <= counts.get(each, 0) <= most}


def within(world: World, at: int | None, when: dict[str, str] | None) -> bool:
    """Whether an instant lies in a window of local dates."""
    if when is None:
        return True
    if at is None:
        return False
    day = local_day(world.zone, at)
    first, last = (
        None if when.get(name) is None else date.fromisoformat(when[name])
        for name in ("from", "until")
    )
    return (first is None or day >= first) and (last is None or day < last)


def of_purchases(world: World, said: dict[str, Any]) -> Counts:
    days: dict[Customer, set[date]] = {}
    sums: Counts = {}
    measure = said.get("measure", "purchases")
    for credit in credits(world).values():
        order = credit.order
        if not within(world, order.paid_at, said.get("when")):
            continue
        if any(
            getattr(credit, field) not in said[name]
            for name, field in (
                ("cells", "cell"),
                ("group_ids", "group_id"),
                ("note_ids", "note_id"),
                ("creator_ids", "creator_id"),
            )
            if name in said
        ):
            continue
        if order.refunded() < order.amount:
            days.setdefault(order.customer, set()).add(local_day(world.zone, order.paid_at))
        value = {"orders": 1, "gmv": order.amount, "net": order.amount - order.refunded()}
        sums[order.customer] = sums.get(order.customer, 0) + value.get(measure, 0)
    return {c: len(d) for c, d in days.items()} if measure == "purchases" else sums


def of_memberships(world: World, said: dict[str, Any]) -> Counts:
    groups: dict[Customer, set[str]] = {}
    seen: set[Customer] = set()
    for each in world.memberships:
        is_first = each.customer not in seen
        seen.add(each.customer)
        note_id = each.source.get("note_id")
        state = "now" if each.left_at is None else "left"
        if said.get("state", "ever") not in ("ever", state):
            continue
        if "on" in said:
            day = date.fromisoformat(said["on"])
            if local_day(world.zone, each.joined_at) > day:
                continue
            if each.left_at is not None and each.left_at <= begin(world.zone, day):
                continue
        asked = (
            ("group_ids", each.group_id),
            ("note_ids", note_id),
            ("creator_ids", world.attribute("note", note_id, "creator_id")),
            ("source_kinds", each.source.get("kind")),
        )
        if any(value not in said[name] for name, value in asked if name in said):
            continue
        if said.get("first") and not is_first:
            continue
        times = (each.joined_at, each.left_at)
        if all(
            within(world, at, said.get(name))
            for name, at in zip(("joined", "left"), times, strict=True)
        ):
            groups.setdefault(each.customer, set()).add(each.group_id)
    return {customer: len(found) for customer, found in groups.items()}


def of_messages(world: World, said: dict[str, Any]) -> Counts:
    counts: Counts = {}
    for each in world.messages:
        kind = world.attributes["message"][each.group_id, each.message_id].get("kind")
        if (
            within(world, each.at, said.get("when"))
            and each.group_id in said.get("group_ids", [each.group_id])
            and kind in said.get("kinds", [kind])
        ):
            counts[each.customer] = counts.get(each.customer, 0) + 1
    return counts


def of_refunds(world: World, said: dict[str, Any]) -> Counts:
    counts: Counts = {}
    for credit in credits(world).values():
        customer = credit.order.customer
        counts[customer] = counts.get(customer, 0) + credit.order.refunded()
    return counts


COUNTS: dict[str, Callable[[World, dict[str, Any]], Counts]] = {
    "purchases": of_purchases,
    "memberships": of_memberships,
    "messages": of_messages,
    "refunds": of_refunds,
}
