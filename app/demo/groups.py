"""The brand's group chats: their seats, and how they are opened, renamed and closed."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from app.demo.people import Person, new_employee
from app.demo.stage import Stage

CAPACITY = 500
OWNER = new_employee("屿珠小兰|店长", "staff-lan")
ASSISTANTS = (
    new_employee("屿珠小助理", "staff-zhu"),
    new_employee("屿珠阿月|设计师", "staff-yue"),
)


@dataclass(eq=False)
class Seat:
    """One stay of one person in a group; `source` is None where nobody saw the join."""

    person: Person
    joined_at: datetime
    left_at: datetime | None = None

    def open_at(self, at: datetime) -> bool:
        """Whether the person is in the group at that instant."""
        return self.joined_at <= at and (self.left_at is None or at < self.left_at)


@dataclass(eq=False)
class Group:
    """One group chat; `pull` says how many of the newcomers choose it, 0 for invited only."""

    group_id: str
    name: str
    pull: int
    opens_at: datetime
    closes_at: datetime | None = None
    capacity: int = CAPACITY
    seats: list[Seat] = field(default_factory=list)

    def open_seats(self, at: datetime) -> list[Seat]:
        """The stays that are open at that instant, by when they began."""
        return [seat for seat in self.seats if seat.open_at(at)]

    def is_open(self, at: datetime) -> bool:
        """Whether the group exists at that instant."""
        return self.opens_at <= at and (self.closes_at is None or at < self.closes_at)

    def has_room(self, at: datetime) -> bool:
        """Whether one more person can come in at that instant."""
        return self.is_open(at) and len(self.open_seats(at)) < self.capacity

    def holds(self, person: Person, at: datetime) -> bool:
        """Whether the person is in the group at that instant."""
        return any(seat.person is person for seat in self.open_seats(at))


def plan_groups(stage: Stage) -> list[Group]:
    """All groups of the brand, by when they open."""
    at = stage.window.moment
    return [
        Group("g-pearl-1", "屿珠珍珠研究所 1 群", 6, at(0, 10)),
        Group("g-daily", "通勤首饰穿搭群", 3, at(3, 10)),
        Group("g-vip", "屿珠老朋友 VIP 群", 0, at(5, 10), capacity=200),
        Group("g-flash", "玉石内购快闪群", 0, at(9, 10), closes_at=at(13, 22), capacity=200),
        Group("g-gold", "古法金&玉石交流群", 3, at(11, 10)),
        Group("g-pearl-2", "屿珠珍珠研究所 2 群", 5, at(17, 10)),
    ]


def open_group(stage: Stage, group: Group) -> None:
    """Tells that a group comes to be, with its owner and its assistants in it."""
    stage.tell(
        group.opens_at,
        "group.created",
        {
            "group_id": group.group_id,
            "name": group.name,
            "capacity": group.capacity,
            "owner_member_id": OWNER.member_id,
        },
    )
    roles = [(OWNER, "owner")] + [(person, "admin") for person in ASSISTANTS]
    for person, role in roles:
        group.seats.append(Seat(person, group.opens_at, group.closes_at))
        stage.tell(
            group.opens_at,
            "member.joined",
            {
                "group_id": group.group_id,
                "member_id": person.member_id,
                "nickname": person.nickname,
                "role": role,
            },
        )


def change_groups(stage: Stage, groups: list[Group]) -> None:
    """Tells what changes about the groups over the weeks: a rename, room, an owner, an end."""
    at = stage.window.moment
    changes = (
        (at(12, 15), {"group_id": "g-daily", "name": "通勤首饰穿搭群(晒单有礼)"}),
        (at(16, 11), {"group_id": "g-vip", "capacity": CAPACITY}),
        (at(20, 11), {"group_id": "g-gold", "owner_member_id": ASSISTANTS[1].member_id}),
    )
    for moment, change in changes:
        stage.tell(moment, "group.updated", change)
    for group in groups:
        if group.closes_at is not None:
            stage.tell(group.closes_at, "group.dismissed", {"group_id": group.group_id})
