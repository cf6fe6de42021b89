"""What the brand learns about its members outside the groups: profiles, ids, direct messages."""

from __future__ import annotations

from datetime import datetime, timedelta

from app.demo.catalogue import pick_product
from app.demo.clock import days_later, minutes_later
from app.demo.people import Person
from app.demo.phrases import ASKS, REPLIES, nickname, phrase
from app.demo.stage import Stage

CITIES = ("杭州", "上海", "成都", "广州", "深圳", "北京", "武汉", "南京", "长沙", "西安")
STYLES = ("通勤", "法式", "新中式", "甜酷", "极简")
LINKED_PERCENT = 80


def fill_profile(stage: Stage, person: Person, known_since: datetime) -> None:
    """Tells what somebody tells about themselves, now and then."""
    rng = stage.rng
    if person.will_buy and stage.chance(35):
        at = days_later(rng, known_since, 6)
        # A range that is given to nobody.
        phone = f"1380000{stage.count('phone'):04d}"
        stage.tell(at, "member.updated", {"member_id": person.member_id, "phone": phone})
    if stage.chance(14):
        attributes = {
            "city": rng.choice(CITIES),
            "style": rng.choice(STYLES),
            "birthday_month": rng.randint(1, 12),
            "sensitive_skin": stage.chance(20),
        }
        at = days_later(rng, known_since, 15)
        stage.tell(at, "member.updated", {"member_id": person.member_id, "attributes": attributes})
    if stage.chance(5):
        at = days_later(rng, known_since, 40)
        renamed = {"member_id": person.member_id, "nickname": nickname(rng)}
        stage.tell(at, "member.updated", renamed)


def link_identities(stage: Stage, person: Person, known_since: datetime) -> None:
    """Tells, for most of those with two ids, that they are one person."""
    if person.buyer_id != person.member_id and stage.chance(LINKED_PERCENT):
        linked = {"member_id": person.member_id, "buyer_id": person.buyer_id}
        stage.tell(days_later(stage.rng, known_since, 8), "identity.linked", linked)


def invite(stage: Stage, person: Person, joined_at: datetime) -> None:
    """Tells of the direct message that brought somebody into a group."""
    asked_at = joined_at - timedelta(minutes=stage.rng.randint(5, 90))
    _write(stage, "received", person, asked_at, "怎么进粉丝群呀")
    _write(stage, "sent", person, asked_at + timedelta(minutes=2), "点这里就能进群,等你呀~")


def ask_the_brand(stage: Stage, person: Person, at: datetime) -> None:
    """Tells of a question after an order, and mostly of the answer."""
    title = pick_product(stage.rng).title
    asked_at = days_later(stage.rng, at, 2)
    _write(stage, "received", person, asked_at, phrase(stage.rng, ASKS, title))
    if stage.chance(92):
        answered_at = minutes_later(stage.rng, asked_at, 1, 45)
        _write(stage, "sent", person, answered_at, stage.rng.choice(REPLIES))


def _write(stage: Stage, direction: str, person: Person, at: datetime, text: str) -> None:
    stage.tell(
        at,
        f"direct_message.{direction}",
        {"message_id": stage.new_id("d"), "member_id": person.member_id, "text": text},
    )
