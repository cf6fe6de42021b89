"""Who wants into the groups, when, and through which door: the plans before any seat is taken."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from app.demo.clock import WEEKS, busy_day, days_later, minutes_later, waking_moment
from app.demo.lives import Live
from app.demo.notes import MEAN_DELAY_DAYS, Note
from app.demo.people import Person, new_person
from app.demo.stage import Stage

# How many come through each of the smaller doors in all 26 weeks.
JOINS_BY_DOOR = {
    "share": 130,
    "direct_message": 45,
    "profile": 45,
    "search": 50,
    "other": 18,
}
JOINS_PER_LIVE = 4
PARCEL_JOINS = 80
OUTSIDE_BUYERS = 580
VIP_INVITES = 90
FLASH_INVITES = 70


@dataclass(frozen=True)
class Arrival:
    """A wish to join; without `group_id` the newcomer takes any of the public groups."""

    at: datetime
    person: Person
    source: dict[str, Any]
    group_id: str | None = None


def random_week(stage: Stage) -> int:
    """A week of the story; the last is about three times as likely as the first."""
    return stage.rng.choices(range(WEEKS), [10 + week for week in range(WEEKS)])[0]


def some_moment(stage: Stage) -> datetime:
    """A moment anywhere in the story, more likely late in it, on a weekend, in an evening."""
    day = busy_day(stage.rng, stage.window.day(random_week(stage) * 7))
    return max(waking_moment(stage.rng, day), stage.window.moment(0, 13))


def outside_buyers(stage: Stage) -> list[Person]:
    """Those who buy without having been in a group, with the moment of their first order."""
    people = [new_person(stage, "outside") for _ in range(OUTSIDE_BUYERS)]
    for person in people:
        person.bought_at = some_moment(stage)
    return people


def arrivals(stage: Stage, notes: list[Note], lives: list[Live]) -> list[Arrival]:
    """Everybody who wants into a group for the first time."""
    return [
        *_by_notes(stage, notes),
        *_by_lives(stage, lives),
        *_by_parcel(stage),
        *_by_other_doors(stage),
    ]


def _by_notes(stage: Stage, notes: list[Note]) -> Iterator[Arrival]:
    for note in notes:
        for _ in range(note.joins):
            person = new_person(stage, f"note by {note.creator.kind}")
            at = days_later(stage.rng, note.published_at, MEAN_DELAY_DAYS)
            yield Arrival(at, person, {"kind": "note", "note_id": note.note_id})


def _by_lives(stage: Stage, lives: list[Live]) -> Iterator[Arrival]:
    for live in lives:
        for _ in range(stage.rng.randint(JOINS_PER_LIVE - 2, JOINS_PER_LIVE + 2)):
            at = minutes_later(stage.rng, live.starts_at, 5, 105)
            source = {"kind": "live", "live_id": live.live_id}
            yield Arrival(at, new_person(stage, "live"), source)


def _by_parcel(stage: Stage) -> Iterator[Arrival]:
    """Those who scan the code on the card in their parcel, a few days after they bought."""
    for _ in range(PARCEL_JOINS):
        person = new_person(stage, "qr_code")
        person.bought_at = some_moment(stage)
        at = days_later(stage.rng, person.bought_at + timedelta(days=3), 2)
        yield Arrival(at, person, {"kind": "qr_code"})


def _by_other_doors(stage: Stage) -> Iterator[Arrival]:
    for door, joins in JOINS_BY_DOOR.items():
        for _ in range(joins):
            yield Arrival(some_moment(stage), new_person(stage, door), {"kind": door})


def invitations(stage: Stage, arrived: list[Arrival]) -> list[Arrival]:
    """Buyers among the newcomers who are later asked into the two groups by invitation."""
    rng, window = stage.rng, stage.window
    keen = [arrival for arrival in arrived if arrival.person.will_buy]
    invited = []
    for first in rng.sample(keen, VIP_INVITES):
        at = max(days_later(rng, first.at + timedelta(days=14), 10), window.moment(5, 12))
        invited.append(Arrival(at, first.person, {"kind": "direct_message"}, "g-vip"))
    early = [arrival for arrival in keen if arrival.at < window.moment(11, 0)]
    for first in rng.sample(early, min(FLASH_INVITES, len(early))):
        at = max(days_later(rng, first.at, 3), days_later(rng, window.moment(9, 12), 4))
        invited.append(Arrival(at, first.person, {"kind": "other"}, "g-flash"))
    return invited
