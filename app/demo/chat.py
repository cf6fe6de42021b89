"""The chat of the groups: questions and answers, small talk, cards and who clicks them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from app.demo.catalogue import pick_product
from app.demo.clock import DAYS, WEEKDAY_WEIGHTS, minutes_later, waking_moment
from app.demo.groups import ASSISTANTS, Group, Seat
from app.demo.lives import Live
from app.demo.notes import Note
from app.demo.phrases import (
    ANSWERS,
    COUPONS,
    DAILY_CARDS,
    LIVE_CALLS,
    QUESTIONS,
    WELCOMES,
    chatter,
    phrase,
)
from app.demo.stage import Stage

# Messages per thousand members and day, times the weight of the weekday (about 11 on average).
MESSAGES_PER_MILLE = 6
CLICKS_PER_CARD_PERCENT = 1.0
RECALLED_PERCENT = 1.2
SENT_WITHOUT_WORDS = (("image", 10), ("video", 2), ("other", 4))


class GroupChat:
    """Writes the messages of one group."""

    def __init__(self, stage: Stage, group: Group) -> None:
        self.stage = stage
        self.group = group
        self.last_said: str | None = None

    def talk_all_days(self) -> None:
        """Tells the small talk and the daily card of every day the group exists."""
        for number in range(DAYS):
            day = self.stage.window.day(number)
            if self.group.is_open(day):
                self._talk(day)
                self._daily_card(day)

    def _talk(self, day: datetime) -> None:
        rng = self.stage.rng
        evening = day + timedelta(days=1)
        present = [
            seat
            for seat in self.group.seats
            if seat.joined_at < evening and (seat.left_at is None or seat.left_at > day)
        ]
        expected = len(present) * MESSAGES_PER_MILLE * WEEKDAY_WEIGHTS[day.weekday()] / 1000
        count = round(expected * rng.uniform(0.5, 1.5))
        talkativeness = [seat.person.talkativeness for seat in present]
        if not any(talkativeness):
            return
        moments = sorted(waking_moment(rng, day) for _ in range(count))
        for at, seat in zip(moments, rng.choices(present, talkativeness, k=count), strict=True):
            if seat.open_at(at):
                self._speak(at, seat)

    def _speak(self, at: datetime, seat: Seat) -> None:
        """One member says something; staff answers questions, a few messages are taken back."""
        stage, rng = self.stage, self.stage.rng
        title = pick_product(rng).title
        roll = rng.randrange(100)
        for kind, percent in SENT_WITHOUT_WORDS:
            if roll < percent:
                self.post(at, seat.person.member_id, kind)
                return
            roll -= percent
        if stage.chance(25):
            question = phrase(rng, QUESTIONS, title)
            asked = self.last_said = self.post(at, seat.person.member_id, "text", text=question)
            if stage.chance(80):
                self._answer(minutes_later(rng, at, 1, 25), asked)
            return
        reply_to = self.last_said if stage.chance(10) else None
        said = chatter(rng, title)
        message_id = self.post(at, seat.person.member_id, "text", text=said, reply_to=reply_to)
        self.last_said = message_id
        if stage.chance(RECALLED_PERCENT):
            self.last_said = None
            recalled = {"message_id": message_id, "group_id": self.group.group_id}
            stage.tell(minutes_later(rng, at, 0, 2), "message.recalled", recalled)

    def _answer(self, at: datetime, asked: str) -> None:
        if self.group.is_open(at):
            staff = self.stage.rng.choice(ASSISTANTS).member_id
            answer = self.stage.rng.choice(ANSWERS)
            self.post(at, staff, "text", text=answer, reply_to=asked)

    def _daily_card(self, day: datetime) -> None:
        """The staff shows an article every day, gives a coupon on Fridays, greets on Mondays."""
        rng = self.stage.rng
        assistant = ASSISTANTS[0].member_id
        product = pick_product(rng)
        at = minutes_later(rng, day + timedelta(hours=18), 0, 60)
        if not self.group.is_open(at):
            return
        text = phrase(rng, DAILY_CARDS, product.title)
        self.post_card(at, "product_card", text, {"sku": product.sku})
        if day.weekday() == 4:
            self.post(at + timedelta(minutes=5), assistant, "coupon", text=rng.choice(COUPONS))
        if day.weekday() == 0:
            self.post(at - timedelta(hours=2), assistant, "text", text=rng.choice(WELCOMES))

    def announce_note(self, note: Note) -> None:
        """The staff shows the group a new note."""
        at = minutes_later(self.stage.rng, note.published_at, 10, 120)
        if self.group.is_open(at):
            self.post_card(at, "note_card", note.title, {"note_id": note.note_id})

    def announce_live(self, live: Live) -> None:
        """The staff calls the group to a live that is about to begin."""
        at = live.starts_at - timedelta(minutes=self.stage.rng.randint(3, 25))
        if self.group.is_open(at):
            text = self.stage.rng.choice(LIVE_CALLS)
            self.post_card(at, "live_card", text, {"live_id": live.live_id})

    def post_card(self, at: datetime, kind: str, text: str, card: dict[str, str]) -> None:
        """The staff posts a card, and some of the members click it."""
        rng = self.stage.rng
        message_id = self.post(at, ASSISTANTS[0].member_id, kind, text=text, card=card)
        for seat in self.group.open_seats(at):
            if not seat.person.staff and self.stage.chance(CLICKS_PER_CARD_PERCENT):
                clicked_at = minutes_later(rng, at, 1, 240)
                if seat.open_at(clicked_at):
                    click = {
                        "group_id": self.group.group_id,
                        "member_id": seat.person.member_id,
                        "message_id": message_id,
                        "card": card,
                    }
                    self.stage.tell(clicked_at, "card.clicked", click)

    def post(self, at: datetime, member_id: str, kind: str, **more: Any) -> str:
        """Tells one message and gives its id."""
        message_id = self.stage.new_id("m")
        self.stage.tell(
            at,
            "message.sent",
            {
                "message_id": message_id,
                "group_id": self.group.group_id,
                "member_id": member_id,
                "kind": kind,
                **more,
            },
        )
        return message_id
