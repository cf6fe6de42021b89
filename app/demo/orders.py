"""Who buys when: first orders, repeat orders, and how an order shows where it came from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from app.demo.clock import days_later, minutes_later, waking_moment
from app.demo.groups import Group
from app.demo.lives import Live, look_in
from app.demo.notes import Note
from app.demo.people import Person
from app.demo.stage import Stage

MEAN_DAYS_TO_FIRST_ORDER = 7
# Percent of the buyers who come back within a month, and of the rest who come back later.
SOON_AGAIN = {"member": 29, "outsider": 4.5}
LATER_AGAIN = {"member": 27, "outsider": 4}
TO_THE_LIVE = 30

# How the order of a member shows its group, in percent; the rest shows nothing.
BOUGHT_IN_GROUP = 64
CLICKED_BEFORE = 20
# Outsiders get a group's card forwarded now and then.
FORWARDED_CARD = 4
FROM_A_NOTE = {"member": 8, "outsider": 40}
FROM_A_CREATOR_PAGE = 6


@dataclass(frozen=True)
class World:
    """What a buyer may come across: the groups, the notes and the lives."""

    groups: list[Group]
    notes: list[Note]
    lives: list[Live]

    def group_of(self, person: Person, at: datetime) -> Group | None:
        """The newest group the person is in at that instant."""
        return next((g for g in reversed(self.groups) if g.holds(person, at)), None)

    def live_after(self, at: datetime) -> Live | None:
        """The live that begins within two days after `at`, if there is one."""
        soon = at + timedelta(days=2)
        return next((live for live in self.lives if at <= live.starts_at < soon), None)

    def notes_before(self, at: datetime) -> list[Note]:
        """The notes that are out at `at`, of which the newest are still being read."""
        return [note for note in self.notes if note.published_at < at][-12:]


@dataclass(frozen=True)
class Trip:
    """One decision to buy: who, when, and as a member of which group."""

    person: Person
    at: datetime
    group: Group | None
    live: Live | None

    @property
    def side(self) -> str:
        """Whether the buyer is a member at that moment."""
        return "outsider" if self.group is None else "member"


def first_wishes(
    stage: Stage, joined: dict[Person, datetime], outsiders: list[Person]
) -> dict[Person, datetime]:
    """When each of those who will ever buy wants to for the first time."""
    wishes = {
        person: person.bought_at or days_later(stage.rng, joined_at, MEAN_DAYS_TO_FIRST_ORDER)
        for person, joined_at in joined.items()
        if person.will_buy
    }
    wishes.update((person, person.bought_at) for person in outsiders if person.bought_at)
    return wishes


def shopping_trips(
    stage: Stage, person: Person, first_wish: datetime, world: World
) -> Iterator[Trip]:
    """All the times this person buys: the first time, and as long as the habit lasts."""
    rng, at = stage.rng, first_wish
    while at < stage.window.end:
        trip = _perhaps_to_the_live(stage, person, at, world)
        yield trip
        if stage.chance(SOON_AGAIN[trip.side]):
            at = waking_moment(rng, trip.at + timedelta(days=rng.randint(2, 26)))
        elif stage.chance(LATER_AGAIN[trip.side]):
            at = days_later(rng, trip.at + timedelta(days=31), 20)
        else:
            return


def _perhaps_to_the_live(stage: Stage, person: Person, at: datetime, world: World) -> Trip:
    live = world.live_after(at) if stage.chance(TO_THE_LIVE) else None
    if live is not None:
        at = minutes_later(stage.rng, live.starts_at, 10, 130)
    return Trip(person, at, world.group_of(person, at), live)


def leave_traces(stage: Stage, trip: Trip, world: World, sku: str) -> dict[str, Any] | None:
    """Tells what the buyer did just before, and gives the touch that the order carries."""
    touch: dict[str, Any] = {}
    if trip.group is None:
        if stage.chance(FORWARDED_CARD):
            touch["group_id"] = world.groups[0].group_id
    elif stage.chance(BOUGHT_IN_GROUP):
        touch["group_id"] = trip.group.group_id
        if stage.chance(50):
            _click(stage, trip, trip.group, sku, minutes=25)
    elif stage.chance(100 * CLICKED_BEFORE / (100 - BOUGHT_IN_GROUP)):
        _click(stage, trip, trip.group, sku, minutes=20 * 60)
    if trip.live is not None:
        group_id = trip.group.group_id if trip.group else None
        watched_at = minutes_later(stage.rng, trip.live.starts_at, 0, 9)
        look_in(stage, trip.live, trip.person, watched_at, group_id)
        if stage.chance(75):
            touch["live_id"] = trip.live.live_id
    touch.update(_what_was_read(stage, trip, world))
    return touch or None


def _what_was_read(stage: Stage, trip: Trip, world: World) -> dict[str, str]:
    readable = world.notes_before(trip.at)
    if not readable:
        return {}
    note = stage.rng.choice(readable)
    if stage.chance(FROM_A_NOTE[trip.side]):
        return {"note_id": note.note_id}
    if stage.chance(FROM_A_CREATOR_PAGE):
        return {"creator_id": note.creator.creator_id}
    return {}


def _click(stage: Stage, trip: Trip, group: Group, sku: str, minutes: int) -> None:
    seat = next(s for s in group.open_seats(trip.at) if s.person is trip.person)
    at = trip.at - timedelta(seconds=stage.rng.randint(90, minutes * 60))
    stage.tell(
        # Nobody clicks in a group before being in it.
        max(at, seat.joined_at + timedelta(seconds=30)),
        "card.clicked",
        {
            "group_id": group.group_id,
            "member_id": trip.person.member_id,
            "card": {"sku": sku},
        },
    )
