"""Spec 4.5: how much of the brand's GMV came out of the groups."""

from bisect import bisect_left
from collections.abc import Iterable
from functools import lru_cache
from typing import Any, NamedTuple

from .clock import begin, buckets
from .credit import CELLS, Credit, credits
from .ratio import ratio, shown
from .window import Params, past, window
from .world import World


class Move(NamedTuple):
    """Money that came (with its order) or went at an instant."""

    at: int
    orders: int
    gmv: int
    credit: Credit


def answer(world: World, params: Params, now: int) -> dict[str, Any]:
    cut_world, span = past(world, params, now), window(world, params)
    moves = moved(cut_world, params.get("basis", "gross"))
    inside = between(moves, span.start, span.end)
    total = money(inside)
    paid = [m.credit.order.customer for m in inside if m.orders]
    matched = sum(customer in world.with_member_identity for customer in paid)
    return {
        **shares(inside),
        "match": {
            "orders": len(paid),
            "matched_orders": matched,
            "rate": shown(ratio(matched, len(paid))),
        },
        "groups": groups(world, inside, total["gmv"]),
        "uncredited": money(m for m in inside if m.credit.group_id is None),
        "series": [
            {
                "start": first.isoformat(),
                "end": last.isoformat(),
                **shares(between(moves, begin(world.zone, first), begin(world.zone, last))),
            }
            for first, last in buckets(span.first, span.last, params.get("bucket", "none"))
        ],
    }


@lru_cache(maxsize=32)
def moved(cut_world: World, basis: str) -> list[Move]:
    """By time. `net_ledger`: refunds move at their own time, capped in time order."""
    moves = []
    for credit in credits(cut_world).values():
        order = credit.order
        gmv = order.amount - order.refunded() if basis == "net" else order.amount
        moves.append(Move(order.paid_at, 1, gmv, credit))
        if basis == "net_ledger":
            left = order.amount
            for refund in sorted(order.refunds):
                moves.append(Move(refund.at, 0, -min(refund.amount, left), credit))
                left -= min(refund.amount, left)
    return sorted(moves, key=lambda m: m.at)


def between(moves: list[Move], start: int, end: int) -> list[Move]:
    return moves[
        bisect_left(moves, start, key=lambda m: m.at) : bisect_left(moves, end, key=lambda m: m.at)
    ]


def money(moves: Iterable[Move]) -> dict[str, int]:
    some = list(moves)
    return {"orders": sum(m.orders for m in some), "gmv": sum(m.gmv for m in some)}


def shares(moves: list[Move]) -> dict[str, Any]:
    total = money(moves)
    cells = {cell: money(m for m in moves if m.credit.cell == cell) for cell in CELLS}

    def share(unit: str) -> dict[str, float | None]:
        both, member, touch, neither = (cells[cell][unit] for cell in CELLS)
        whole = total[unit]
        return {
            "touch": shown(ratio(both + touch, whole)),
            "member": shown(ratio(both + member, whole)),
            "low": shown(ratio(both, whole)),
            "high": shown(ratio(whole - neither, whole)),
        }

    return {"total": total, "cells": cells, "share": share("gmv"), "order_share": share("orders")}


def groups(world: World, moves: list[Move], total: int) -> list[dict[str, Any]]:
    """By gmv descending, then group_id; only those with an order or money moved."""
    by_group: dict[str, list[Move]] = {}
    for move in moves:
        if move.credit.group_id is not None and (move.orders or move.gmv):
            by_group.setdefault(move.credit.group_id, []).append(move)
    rows = [
        {
            "group_id": group_id,
            "name": world.attribute("group", group_id, "name"),
            **money(some),
            "share": shown(ratio(money(some)["gmv"], total)),
        }
        for group_id, some in by_group.items()
    ]
    return sorted(rows, key=lambda row: (-row["gmv"], row["group_id"]))
