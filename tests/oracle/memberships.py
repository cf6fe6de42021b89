"""Spec 3.2: the fold of one group's membership events into intervals, from scratch."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from .event import Event
from .facts import Customer, Membership

TURN = {
    "member.left": 0,
    "group.dismissed": 0,
    "member.joined": 1,
    "group.snapshot": 2,
}


@dataclass
class Interval:
    member_id: str
    joined_at: int
    start_inferred: bool
    source: dict[str, Any] = field(default_factory=dict)
    left_at: int | None = None
    end_inferred: bool = False


def fold(events: Iterable[Event]) -> tuple[list[Interval], list[Event]]:
    """All intervals of one group, also those of length 0, and the snapshots that are suspect."""
    intervals: list[Interval] = []
    suspect: list[Event] = []
    now_open: dict[str, Interval] = {}

    def start(member_id: str, at: int, inferred: bool) -> None:
        if member_id not in now_open:
            now_open[member_id] = Interval(member_id, at, inferred)
            intervals.append(now_open[member_id])

    def stop(member_id: str, at: int, inferred: bool) -> None:
        if member_id in now_open:
            ended = now_open.pop(member_id)
            ended.left_at, ended.end_inferred = at, inferred

    for event in sorted(events, key=lambda e: (e.at, TURN[e.type], e.id, e.source)):
        if event.type == "member.left":
            stop(event.data["member_id"], event.at, False)
        elif event.type == "group.dismissed":
            for member_id in list(now_open):
                stop(member_id, event.at, False)
        elif event.type == "member.joined":
            start(event.data["member_id"], event.at, False)
            interval = now_open[event.data["member_id"]]
            source = event.data.get("source", {})
            if not interval.source and source.get("kind") is not None:
                interval.source = source
        else:
            listed = set(event.data["member_ids"])
            if 2 * len(listed & now_open.keys()) < len(now_open):
                suspect.append(event)
            else:
                for member_id in now_open.keys() - listed:
                    stop(member_id, event.at, True)
            for member_id in listed:
                start(member_id, event.at, True)
    return intervals, suspect


def memberships(
    events: Iterable[Event], customer_of: Callable[[str], Customer]
) -> tuple[list[Membership], list[Membership], list[Event]]:
    """The memberships that count, those of length 0, and the suspect snapshots, of all groups."""
    of_group: dict[str, list[Event]] = {}
    for event in events:
        if event.type in TURN:
            of_group.setdefault(event.data["group_id"], []).append(event)
    counted: list[Membership] = []
    empty: list[Membership] = []
    suspects: list[Event] = []
    for group_id, membership_events in of_group.items():
        intervals, suspect = fold(membership_events)
        suspects += suspect
        for interval in intervals:
            (empty if interval.left_at == interval.joined_at else counted).append(
                Membership(
                    interval.joined_at,
                    group_id,
                    interval.member_id,
                    customer_of(interval.member_id),
                    interval.left_at,
                    interval.source,
                    interval.start_inferred,
                    interval.end_inferred,
                )
            )
    return sorted(counted, key=lambda m: m[:3]), sorted(empty, key=lambda m: m[:3]), suspects
