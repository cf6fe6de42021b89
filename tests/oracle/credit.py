"""Spec 4.1 to 4.3: the GMV orders, the cell of each and what it is credited to."""

from functools import lru_cache
from typing import Any, NamedTuple

from . import by_customer
from .as_of import cut
from .facts import Click, Membership, Order
from .world import World

GMV_KINDS = ("normal", "deposit", "presale")
CELLS = ("member_and_touch", "member_only", "touch_only", "neither")
MEMBER_CELLS = ("member_and_touch", "member_only")


class Credit(NamedTuple):
    order: Order
    cell: str
    group_id: str | None
    interval: Membership | None
    note_id: str | None
    first_note_id: str | None
    creator_id: str | None


@lru_cache(maxsize=32)
def credits(past: World) -> dict[str, Credit]:
    """The credit of every GMV order of a world that is cut at as_of."""
    return {
        order.order_id: credit(past, order)
        for order in sorted(past.orders.values(), key=lambda o: (o.paid_at, o.order_id))
        if order.kind in GMV_KINDS
    }


def credit(past: World, order: Order) -> Credit:
    memberships = by_customer.memberships(past).get(order.customer, [])
    now_open = [m for m in memberships if m.open_at(order.paid_at)]
    click = latest_click(past, order)
    touch_group = order.touch.get("group_id")
    group_id: str | None = None
    if touch_group is not None:
        group_id = touch_group
    elif click is not None:
        group_id = click.group_id
    elif now_open:
        group_id = max(now_open, key=lambda m: (m.joined_at, m.group_id)).group_id
    interval = credited_interval(memberships, group_id, order.paid_at)
    note_id = order.touch.get("note_id")
    if note_id is None and interval is not None:
        note_id = interval.source.get("note_id")
    creator_id = order.touch.get("creator_id")
    if creator_id is None:
        creator_id = past.attribute("note", note_id, "creator_id")
    touched = touch_group is not None or click is not None
    return Credit(
        order,
        CELLS[(0 if now_open else 2) + (0 if touched else 1)],
        group_id,
        interval,
        note_id,
        memberships[0].source.get("note_id") if memberships else None,
        creator_id,
    )


def latest_click(past: World, order: Order) -> Click | None:
    """The latest click in the touch hours before the payment; 0 hours switch clicks off."""
    if not past.touch_span:
        return None
    found = None
    for click in by_customer.clicks(past).get(order.customer, ()):
        if order.paid_at - past.touch_span <= click.at <= order.paid_at:
            found = click
    return found


def credited_interval(
    memberships: list[Membership], group_id: str | None, paid_at: int
) -> Membership | None:
    begun = [m for m in memberships if m.group_id == group_id and m.joined_at <= paid_at]
    now_open = [m for m in begun if m.open_at(paid_at)]
    return max(now_open or begun, key=lambda m: (m.joined_at, m.member_id), default=None)


def explain(world: World, order_id: str, as_of: int) -> dict[str, Any] | None:
    """An order's cell and credits: all null where it is no GMV order, None where none names it."""
    if order_id not in world.orders_named:
        return None
    found = credits(cut(world, as_of)).get(order_id)
    fields = ("cell", "group_id", "note_id", "first_note_id", "creator_id")
    return {field: None if found is None else getattr(found, field) for field in fields}
