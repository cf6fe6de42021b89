"""Spec 4.8: what goes on in each group, bucket by bucket."""

from typing import Any

from .clock import begin, buckets
from .facts import Membership, Message
from .ratio import ratio, shown
from .window import Params, past, window
from .world import World


def answer(world: World, params: Params, now: int) -> dict[str, Any]:
    cut_world, span = past(world, params, now), window(world, params)
    members = {m.group_id for m in cut_world.memberships if m.open_during(span.start, span.end)}
    groups = members | {m.group_id for m in cut_world.messages if span.holds(m.at)}
    if "group_id" in params:
        groups = {params["group_id"]} & world.groups
    rows = []
    for group_id in sorted(groups):
        memberships = [
            m
            for m in cut_world.memberships
            if m.group_id == group_id
            and m.joined_at <= span.end
            and (m.left_at is None or m.left_at >= span.start)
        ]
        messages = [m for m in cut_world.messages if m.group_id == group_id and span.holds(m.at)]
        for first, last in buckets(span.first, span.last, params.get("bucket", "day")):
            start, end = begin(world.zone, first), begin(world.zone, last)
            rows.append(
                {
                    "group_id": group_id,
                    "name": world.attribute("group", group_id, "name"),
                    "start": first.isoformat(),
                    "end": last.isoformat(),
                    **bucket(memberships, messages, start, end),
                }
            )
    return {"rows": rows}


def bucket(
    memberships: list[Membership], messages: list[Message], start: int, end: int
) -> dict[str, Any]:
    sent = [m for m in messages if start <= m.at < end]
    speakers = {m.customer for m in sent}
    members_start = {m.customer for m in memberships if m.open_at(start)}
    during = {m.customer for m in memberships if m.open_during(start, end)}
    leaves = sum(m.left_at is not None and start <= m.left_at < end for m in memberships)
    return {
        "members_start": len(members_start),
        "members_end": len({m.customer for m in memberships if m.open_at(end)}),
        "joins": sum(start <= m.joined_at < end for m in memberships),
        "leaves": leaves,
        "messages": sum(m.recalled_at is None for m in sent),
        "speakers": len(speakers),
        "members_during": len(during),
        "speaking_members": len(speakers & during),
        "interaction_rate": shown(ratio(len(speakers & during), len(during))),
        "leave_rate": shown(ratio(leaves, len(members_start))),
    }
