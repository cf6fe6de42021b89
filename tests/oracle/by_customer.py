"""Facts of a world, looked up by customer: each list keeps the world's order."""

from bisect import bisect_left
from collections import defaultdict
from functools import lru_cache

from .facts import Click, Customer, Membership, View
from .world import World


@lru_cache(maxsize=32)
def memberships(world: World) -> dict[Customer, list[Membership]]:
    """The first of each list is the customer's earliest membership of all."""
    found: dict[Customer, list[Membership]] = defaultdict(list)
    for membership in world.memberships:
        found[membership.customer].append(membership)
    return found


@lru_cache(maxsize=32)
def clicks(world: World) -> dict[Customer, list[Click]]:
    found: dict[Customer, list[Click]] = defaultdict(list)
    for click in world.clicks:
        found[click.customer].append(click)
    return found


@lru_cache(maxsize=32)
def views(world: World) -> dict[Customer, list[View]]:
    found: dict[Customer, list[View]] = defaultdict(list)
    for view in world.views:
        found[view.customer].append(view)
    return found


@lru_cache(maxsize=32)
def spoken(world: World) -> dict[tuple[str, Customer], list[int]]:
    """When each customer spoke in each group, recalled or not."""
    found: dict[tuple[str, Customer], list[int]] = defaultdict(list)
    for message in world.messages:
        found[message.group_id, message.customer].append(message.at)
    return found


def any_in(times: list[int], start: int, end: int) -> bool:
    at = bisect_left(times, start)
    return at < len(times) and times[at] < end


def is_member(world: World, customer: Customer, at: int) -> bool:
    return any(m.open_at(at) for m in memberships(world).get(customer, ()))
