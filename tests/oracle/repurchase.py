"""Spec 4.4: who buys again."""

from typing import Any, NamedTuple

from .clock import DAY, begin
from .credit import MEMBER_CELLS, Credit
from .kaplan_meier import curve
from .purchases import first_of_day, purchases
from .ratio import ratio, shown
from .window import Params, Window, as_of, past, window
from .world import World

Counts = dict[str, Any]  # with the rate as an exact fraction


class Buyer(NamedTuple):
    anchor: Credit
    earlier: list[int]  # when they bought before the anchor
    later: list[int]  # and after it


def answer(world: World, params: Params, now: int) -> dict[str, Any]:
    span, cut_at, kind = window(world, params), as_of(params, now), params.get("kind", "window")
    within_days = int(params.get("within_days", "30"))

    def count(some: list[Buyer]) -> Counts:
        if kind == "cohort":
            return cohort(some, within_days, cut_at)
        if kind == "next_period":
            return next_period(some, span, following_end(world, span), cut_at)
        return returning(some) if kind == "returning" else in_window(some, span)

    found = [
        buyer
        for buyer in buyers(past(world, params, now), params, span, kind == "cohort")
        if all(
            getattr(buyer.anchor, field) == params[field]
            for field in ("group_id", "note_id", "creator_id")
            if field in params
        )
    ]
    group = count([buyer for buyer in found if buyer.anchor.cell in MEMBER_CELLS])
    non_group = count([buyer for buyer in found if buyer.anchor.cell not in MEMBER_CELLS])
    comparable = group["rate"] is not None and non_group["rate"]
    return {
        **displayed(count(found)),
        "by_segment": {"group": displayed(group), "non_group": displayed(non_group)},
        "lift": shown(group["rate"] / non_group["rate"] if comparable else None),
    }


def displayed(counts: Counts) -> dict[str, Any]:
    return {**counts, "rate": shown(counts["rate"])}


def buyers(world: World, params: Params, span: Window, first_ever: bool) -> list[Buyer]:
    """Each customer whose anchor (first purchase ever, or else in the window) is in the window."""
    found = []
    by_day = params.get("dedupe", "day") == "day"
    for bought in (first_of_day if by_day else purchases)(world).values():
        times = [credit.order.paid_at for credit in bought]
        inside = (i for i, at in enumerate(times) if span.holds(at))
        anchor = next(inside, None)
        if anchor is not None and not (first_ever and anchor > 0):
            found.append(Buyer(bought[anchor], times[:anchor], times[anchor + 1 :]))
    return found


def in_window(some: list[Buyer], span: Window) -> Counts:
    repeat = sum(any(span.holds(at) for at in buyer.later) for buyer in some)
    return {"buyers": len(some), "repeat_buyers": repeat, "rate": ratio(repeat, len(some))}


def returning(some: list[Buyer]) -> Counts:
    back = sum(bool(buyer.earlier) for buyer in some)
    return {"buyers": len(some), "returning_buyers": back, "rate": ratio(back, len(some))}


def following_end(world: World, span: Window) -> int:
    """When the window of as many calendar days that follows is over."""
    return begin(world.zone, span.last + (span.last - span.first))


def next_period(some: list[Buyer], span: Window, over: int, cut_at: int) -> Counts:
    if over > cut_at:
        return {"buyers": len(some), "retained_buyers": None, "rate": None}
    retained = sum(any(span.end <= at < over for at in buyer.later) for buyer in some)
    return {"buyers": len(some), "retained_buyers": retained, "rate": ratio(retained, len(some))}


def cohort(some: list[Buyer], within_days: int, cut_at: int) -> Counts:
    span = within_days * DAY
    spells = []  # (how long seen without a second purchase, whether it came then)
    mature = repeat = 0
    for buyer in some:
        since = buyer.anchor.order.paid_at
        spells.append((buyer.later[0] - since, True) if buyer.later else (cut_at - since, False))
        if since + span <= cut_at:
            mature += 1
            repeat += bool(buyer.later) and buyer.later[0] - since <= span
    return {
        "buyers": len(some),
        "mature_buyers": mature,
        "immature_buyers": len(some) - mature,
        "repeat_buyers": repeat,
        "curve": curve(spells, within_days),
        "rate": ratio(repeat, mature),
    }
