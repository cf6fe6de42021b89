"""Lets the newcomers into the groups, one after the other, and out again."""

from __future__ import annotations

import heapq
from datetime import datetime

from app.demo.clock import days_later, minutes_later
from app.demo.doors import Arrival
from app.demo.groups import Group, Seat
from app.demo.lives import Live, look_in
from app.demo.stage import Stage

REJOINS_PERCENT = 18
MEAN_DAYS_TO_LEAVE = 11
MEAN_DAYS_TO_REJOIN = 12


def seat_everyone(
    stage: Stage, groups: list[Group], wishes: list[Arrival], lives: list[Live]
) -> None:
    """Serves all wishes in the order of time; somebody who left may wish to come back."""
    lives_by_id = {live.live_id: live for live in lives}
    # The running number keeps the heap from comparing arrivals.
    queue = [(wish.at, number, wish) for number, wish in enumerate(wishes)]
    heapq.heapify(queue)
    number = len(queue)
    while queue:
        _, _, wish = heapq.heappop(queue)
        group = _choose_group(stage, groups, wish)
        if group is None or wish.at >= stage.window.end:
            continue
        source = dict(wish.source)
        if source["kind"] == "share":
            source["inviter_member_id"] = _inviter(stage, group, wish.at)
        if "live_id" in source:
            look_in(stage, lives_by_id[source["live_id"]], wish.person, wish.at)
        seat = _take_seat(stage, group, wish, source)
        if seat.left_at is not None and stage.chance(REJOINS_PERCENT):
            back_at = days_later(stage.rng, seat.left_at, MEAN_DAYS_TO_REJOIN)
            back = Arrival(back_at, wish.person, {"kind": "profile"}, group.group_id)
            heapq.heappush(queue, (back_at, number, back))
            number += 1


def _choose_group(stage: Stage, groups: list[Group], wish: Arrival) -> Group | None:
    """The group asked for, or one of the public ones; None where there is no room."""
    if wish.group_id is None:
        fitting = [group for group in groups if group.pull > 0]
    else:
        fitting = [group for group in groups if group.group_id == wish.group_id]
    fitting = [
        group
        for group in fitting
        if group.has_room(wish.at) and not group.holds(wish.person, wish.at)
    ]
    if not fitting:
        return None
    return stage.rng.choices(fitting, [max(group.pull, 1) for group in fitting])[0]


def _inviter(stage: Stage, group: Group, at: datetime) -> str:
    return stage.rng.choice(group.open_seats(at)).person.member_id


def _take_seat(stage: Stage, group: Group, wish: Arrival, source: dict[str, str]) -> Seat:
    """Tells the join and, for those who will not stay, the leave."""
    person, rng = wish.person, stage.rng
    seat = Seat(person, wish.at, group.closes_at)
    group.seats.append(seat)
    stage.tell(
        wish.at,
        "member.joined",
        {
            "group_id": group.group_id,
            "member_id": person.member_id,
            "nickname": person.nickname,
            "role": "member",
            "source": source,
        },
    )
    if not person.will_leave or wish.group_id is not None:
        return seat
    # Half of those who leave do so at once, as the first look around was enough for them.
    if stage.chance(50):
        left_at = minutes_later(rng, wish.at, 3, 24 * 60)
    else:
        left_at = days_later(rng, wish.at, MEAN_DAYS_TO_LEAVE)
    if seat.open_at(left_at):
        seat.left_at = left_at
        stage.tell(
            left_at,
            "member.left",
            {
                "group_id": group.group_id,
                "member_id": person.member_id,
                "reason": "removed" if stage.chance(8) else "left",
            },
        )
    return seat
