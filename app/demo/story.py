"""A lifelike sample brand: half a year of a jeweller who sells through group chats."""

from __future__ import annotations

from datetime import date, datetime
from random import Random

from app.demo.aftersales import (
    refund_oddly,
    send_without_payment,
    settle,
    think_better_of_it,
    try_the_till,
)
from app.demo.chat import GroupChat
from app.demo.clock import window_before
from app.demo.creators import introduce_creators
from app.demo.doors import arrivals, invitations, outside_buyers
from app.demo.groups import change_groups, open_group, plan_groups
from app.demo.headcount import count_heads
from app.demo.lives import plan_lives, stream
from app.demo.notes import plan_notes, publish
from app.demo.orders import Trip, World, first_wishes, leave_traces, shopping_trips
from app.demo.people import Person
from app.demo.profiles import ask_the_brand, fill_profile, invite, link_identities
from app.demo.seating import seat_everyone
from app.demo.stage import Event, Stage
from app.demo.till import Order, fill_basket, take_deposit, take_order

# In these weeks articles are sold before they are made: a deposit now, the rest a week later.
PRESALE_WEEKS = (9, 20)
PRESALE_PERCENT = 35
QUESTION_PERCENT = 12


def story(end: date, seed: int = 7) -> list[Event]:
    """Everything that happened in the 26 weeks before the Monday of the week of `end`.

    The same `end` and `seed` always give the same events, ordered by time.
    """
    stage = Stage(Random(seed), window_before(end))
    introduce_creators(stage)
    world = World(plan_groups(stage), plan_notes(stage), plan_lives(stage))
    outsiders = outside_buyers(stage)
    joined = _fill_groups(stage, world)
    _publish_and_stream(stage, world, outsiders)
    _do_business(stage, world, first_wishes(stage, joined, outsiders))
    _get_acquainted(stage, joined)
    return stage.events()


def _fill_groups(stage: Stage, world: World) -> dict[Person, datetime]:
    """Opens the groups and lets people in; gives when each came first."""
    for group in world.groups:
        open_group(stage, group)
    newcomers = arrivals(stage, world.notes, world.lives)
    seat_everyone(stage, world.groups, newcomers + invitations(stage, newcomers), world.lives)
    count_heads(stage, world.groups)
    change_groups(stage, world.groups)
    for arrival in newcomers:
        if arrival.source["kind"] == "direct_message":
            invite(stage, arrival.person, arrival.at)
    return {arrival.person: arrival.at for arrival in newcomers}


def _publish_and_stream(stage: Stage, world: World, outsiders: list[Person]) -> None:
    """Brings the notes and the lives to the readers and into the chats."""
    for note in world.notes:
        at = note.published_at
        publish(stage, note, [g.group_id for g in world.groups if g.pull and g.has_room(at)])
    for live in world.lives:
        stream(stage, live, world.groups, outsiders)
    for group in world.groups:
        chat = GroupChat(stage, group)
        for note in world.notes:
            chat.announce_note(note)
        for live in world.lives:
            chat.announce_live(live)
        chat.talk_all_days()


def _do_business(stage: Stage, world: World, wishes: dict[Person, datetime]) -> None:
    """Lets people buy, ask and send back."""
    orders: list[Order] = []
    for person, first_wish in wishes.items():
        for trip in shopping_trips(stage, person, first_wish, world):
            orders += _buy(stage, world, trip)
            if stage.chance(QUESTION_PERCENT):
                ask_the_brand(stage, person, trip.at)
        link_identities(stage, person, first_wish)
    settle(stage, orders)
    refund_oddly(stage, orders)
    send_without_payment(stage, orders)
    try_the_till(stage)
    think_better_of_it(stage, list(wishes))


def _buy(stage: Stage, world: World, trip: Trip) -> list[Order]:
    """One order, or in the weeks of a presale perhaps a deposit and the rest."""
    items = fill_basket(stage, member=trip.group is not None)
    touch = leave_traces(stage, trip, world, items[0]["sku"])
    in_presale = stage.window.week_of(trip.at) in PRESALE_WEEKS
    if in_presale and stage.chance(PRESALE_PERCENT):
        return take_deposit(stage, trip.person, trip.at, items, touch)
    return [take_order(stage, trip.person, trip.at, items, touch)]


def _get_acquainted(stage: Stage, joined: dict[Person, datetime]) -> None:
    for person, joined_at in joined.items():
        fill_profile(stage, person, joined_at)
