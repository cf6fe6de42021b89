"""The lists of members that the platform shows now and then, with what no event had told."""

from __future__ import annotations

from datetime import datetime, timedelta

from app.demo.groups import Group, Seat
from app.demo.people import new_person
from app.demo.stage import Stage

# Which group is counted in which week.
COUNTS = (("g-pearl-1", 8), ("g-daily", 13), ("g-pearl-1", 19), ("g-gold", 24))
UNSEEN_LEAVES = 2
SHORT_LIST = 50


def count_heads(stage: Stage, groups: list[Group]) -> None:
    """Tells a few complete lists, and one that was cut short as its second page did not load."""
    by_id = {group.group_id: group for group in groups}
    for group_id, week in COUNTS:
        at = stage.window.moment(week, 4)
        _miss_some_changes(stage, by_id[group_id], at)
        _tell_list(stage, by_id[group_id], at, by_id[group_id].open_seats(at))
    largest = by_id["g-pearl-1"]
    at = stage.window.moment(15, 4) + timedelta(days=2)
    _tell_list(stage, largest, at, largest.open_seats(at)[:SHORT_LIST])


def _miss_some_changes(stage: Stage, group: Group, at: datetime) -> None:
    """Lets two members be gone and a stranger be there, seen by nobody before the count."""
    idle = [
        seat
        for seat in group.open_seats(at)
        if seat.left_at is None and not seat.person.staff and not seat.person.will_buy
    ]
    for seat in stage.rng.sample(idle, UNSEEN_LEAVES):
        seat.left_at = at
    group.seats.append(Seat(new_person(stage, "search"), at))


def _tell_list(stage: Stage, group: Group, at: datetime, seats: list[Seat]) -> None:
    member_ids = [seat.person.member_id for seat in seats]
    stage.tell(at, "group.snapshot", {"group_id": group.group_id, "member_ids": member_ids})
