"""Spec 4.9: what each live-stream session brought."""

from typing import Any

from . import by_customer
from .clock import rfc3339
from .credit import MEMBER_CELLS, Credit, credits
from .facts import Live
from .window import Params, past, window
from .world import World


def answer(world: World, params: Params, now: int) -> dict[str, Any]:
    cut_world, span = past(world, params, now), window(world, params)
    sold: dict[str | None, list[Credit]] = {}
    for credit in credits(cut_world).values():
        sold.setdefault(live_of(cut_world, credit), []).append(credit)
    shown_lives = [live for live in cut_world.lives.values() if span.holds(live.start)]
    return {
        "rows": [
            row(cut_world, live, sold.get(live.live_id, []))
            for live in sorted(shown_lives, key=lambda live: (live.start, live.live_id))
        ]
    }


def row(cut_world: World, live: Live, sold: list[Credit]) -> dict[str, Any]:
    views = [view for view in cut_world.views if view.live_id == live.live_id]
    from_groups = {
        view.customer
        for view in views
        if view.group_id is not None or by_customer.is_member(cut_world, view.customer, view.at)
    }
    by_members = [credit for credit in sold if credit.cell in MEMBER_CELLS]
    return {
        "live_id": live.live_id,
        "title": cut_world.attribute("live", live.live_id, "title"),
        "start": rfc3339(live.start),
        "end": None if live.end is None else rfc3339(live.end),
        "viewers": len({view.customer for view in views}),
        "group_viewers": len(from_groups),
        "joins": sum(m.source.get("live_id") == live.live_id for m in cut_world.memberships),
        "orders": len(sold),
        "gmv": sum(credit.order.amount for credit in sold),
        "member_orders": len(by_members),
        "member_gmv": sum(credit.order.amount for credit in by_members),
    }


def live_of(cut_world: World, credit: Credit) -> str | None:
    """The live that an order counts for: the one named, else the last of those viewed."""
    order = credit.order
    if order.touch.get("live_id") is not None:
        return str(order.touch["live_id"])
    viewed = {
        view.live_id
        for view in by_customer.views(cut_world).get(order.customer, ())
        if view.at <= order.paid_at
    }
    qualified = [
        (live.start, live.live_id)
        for live in (cut_world.lives[live_id] for live_id in viewed & cut_world.lives.keys())
        if live.start <= order.paid_at
        and (live.end is None or order.paid_at <= live.end + cut_world.live_grace)
    ]
    return max(qualified)[1] if qualified else None
