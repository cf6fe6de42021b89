"""The lives: every Saturday evening, and from the second half on Wednesdays too."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from app.demo.clock import WEEKS, minutes_later
from app.demo.creators import BRAND, CREATORS, Creator
from app.demo.groups import Group
from app.demo.people import Person
from app.demo.stage import Stage

WEDNESDAY, SATURDAY = 2, 5
TITLES = (
    "珍珠之夜|群友专属价",
    "新品首播:月光石系列",
    "老板娘清仓专场",
    "和田玉溯源直播",
    "叠戴搭配课,边学边买",
    "古法金饰专场",
)
GUEST_HOSTS = tuple(creator for creator in CREATORS if creator.kind in ("kol", "employee"))
MEMBER_VIEWS_PERCENT = 3.5
OUTSIDE_VIEWERS = 8


@dataclass(frozen=True)
class Live:
    """One live-stream session."""

    live_id: str
    title: str
    host: Creator
    starts_at: datetime
    ends_at: datetime


def plan_lives(stage: Stage) -> list[Live]:
    """All lives, oldest first."""
    rng, window = stage.rng, stage.window
    lives = []
    for week in range(WEEKS):
        for weekday in (WEDNESDAY, SATURDAY) if week >= WEEKS // 2 else (SATURDAY,):
            starts_at = window.day(week * 7 + weekday) + timedelta(hours=20)
            lives.append(
                Live(
                    live_id=stage.new_id("l"),
                    title=rng.choice(TITLES),
                    host=rng.choice(GUEST_HOSTS) if stage.chance(25) else BRAND,
                    starts_at=minutes_later(rng, starts_at, 0, 5),
                    ends_at=minutes_later(rng, starts_at, 110, 170),
                )
            )
    return lives


def stream(stage: Stage, live: Live, groups: list[Group], outsiders: list[Person]) -> None:
    """Tells that a live takes place, and who of the groups and from outside looks in."""
    creator_id = live.host.creator_id
    started = {"live_id": live.live_id, "title": live.title, "creator_id": creator_id}
    stage.tell(live.starts_at, "live.started", started)
    stage.tell(live.ends_at, "live.ended", {"live_id": live.live_id})
    for group in groups:
        for seat in group.open_seats(live.starts_at):
            if stage.chance(MEMBER_VIEWS_PERCENT):
                # Not every viewer comes by the card in the group; some just open the app.
                came_from = group.group_id if stage.chance(65) else None
                at = minutes_later(stage.rng, live.starts_at, 0, 60)
                look_in(stage, live, seat.person, at, came_from)
    for person in stage.rng.sample(outsiders, OUTSIDE_VIEWERS):
        look_in(stage, live, person, minutes_later(stage.rng, live.starts_at, 0, 60))


def look_in(
    stage: Stage, live: Live, person: Person, at: datetime, group_id: str | None = None
) -> None:
    """Tells that somebody starts to watch, perhaps by the card in a group."""
    stage.tell(
        at,
        "live.joined",
        {"live_id": live.live_id, "member_id": person.member_id, "group_id": group_id},
    )
