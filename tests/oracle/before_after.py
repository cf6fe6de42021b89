"""Spec 4.10: the same customers before and after their first joining."""

from typing import Any

from . import by_customer
from .clock import DAY
from .credit import credits
from .facts import Customer
from .purchases import days_between
from .ratio import ratio, shown
from .window import Params, as_of, past, window
from .world import World


def answer(world: World, params: Params, now: int) -> dict[str, Any]:
    cut_world, cut_at, span = past(world, params, now), as_of(params, now), window(world, params)
    length = int(params.get("days", "30")) * DAY
    joined = {
        customer: memberships[0].joined_at
        for customer, memberships in by_customer.memberships(cut_world).items()
        if span.holds(memberships[0].joined_at)
        and memberships[0].joined_at + length <= cut_at
        and params.get("group_id", memberships[0].group_id) == memberships[0].group_id
        and ("note_id" not in params or memberships[0].source.get("note_id") == params["note_id"])
    }
    before = side(cut_world, {customer: (at - length, at) for customer, at in joined.items()})
    after = side(cut_world, {customer: (at, at + length) for customer, at in joined.items()})
    return {
        "customers": len(joined),
        "before": before,
        "after": after,
        "ratio": {
            field: shown(ratio(after[field], before[field])) for field in ("purchases", "gmv")
        },
    }


def side(cut_world: World, spans: dict[Customer, tuple[int, int]]) -> dict[str, int]:
    days = [len(days_between(cut_world, customer, *span)) for customer, span in spans.items()]
    gmv = 0
    for credit in credits(cut_world).values():
        start, end = spans.get(credit.order.customer, (0, 0))
        if start <= credit.order.paid_at < end:
            gmv += credit.order.amount
    return {"buyers": sum(n > 0 for n in days), "purchases": sum(days), "gmv": gmv}
