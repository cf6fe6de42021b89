"""Spec 4.7: who stays, who still speaks, n days after joining."""

from datetime import timedelta
from typing import Any

from . import by_customer
from .clock import begin, local_day
from .facts import Membership
from .ratio import ratio, shown
from .window import Params, as_of, past, window
from .world import World


def answer(world: World, params: Params, now: int) -> dict[str, Any]:
    cut_world, cut_at, span = past(world, params, now), as_of(params, now), window(world, params)
    retained = {"stay": stayed, "speak": spoke}[params.get("kind", "stay")]
    some = [
        m
        for m in cut_world.memberships
        if span.holds(m.joined_at)
        and params.get("group_id", m.group_id) == m.group_id
        and ("note_id" not in params or m.source.get("note_id") == params["note_id"])
    ]
    joined_on = [local_day(world.zone, m.joined_at) for m in some]
    rows = []
    for n in sorted({int(text) for text in params.get("days", "1,7,30").split(",")}):
        mature = kept = 0
        for membership, day in zip(some, joined_on, strict=True):
            start = begin(world.zone, day + timedelta(days=n))
            end = begin(world.zone, day + timedelta(days=n + 1))
            if end <= cut_at:
                mature += 1
                kept += retained(cut_world, membership, start, end)
        rows.append(
            {"day": n, "mature": mature, "retained": kept, "rate": shown(ratio(kept, mature))}
        )
    return {"rows": rows}


def stayed(_: World, membership: Membership, __: int, end: int) -> bool:
    return membership.left_at is None or membership.left_at >= end


def spoke(cut_world: World, membership: Membership, start: int, end: int) -> bool:
    key = (membership.group_id, membership.customer)
    return by_customer.any_in(by_customer.spoken(cut_world).get(key, []), start, end)
