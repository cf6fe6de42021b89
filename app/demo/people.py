"""The people of the story and what can be expected of them, by the door they came through."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from app.demo.phrases import nickname
from app.demo.stage import Stage


@dataclass(frozen=True)
class Audience:
    """How people who come through one door behave, in percent."""

    buys: float
    leaves: float
    talks: float


# A KOL's readers come in crowds and look; a KOC's readers are few and buy.
AUDIENCES = {
    "note by kol": Audience(buys=9, leaves=40, talks=15),
    "note by koc": Audience(buys=48, leaves=10, talks=45),
    "note by brand": Audience(buys=30, leaves=20, talks=30),
    "note by employee": Audience(buys=33, leaves=18, talks=35),
    "note by customer": Audience(buys=45, leaves=10, talks=45),
    "live": Audience(buys=40, leaves=22, talks=35),
    "qr_code": Audience(buys=100, leaves=12, talks=35),
    "share": Audience(buys=42, leaves=14, talks=50),
    "direct_message": Audience(buys=45, leaves=12, talks=30),
    "profile": Audience(buys=25, leaves=22, talks=20),
    "search": Audience(buys=28, leaves=22, talks=20),
    "other": Audience(buys=20, leaves=25, talks=15),
    "outside": Audience(buys=100, leaves=0, talks=0),
}


@dataclass(eq=False)
class Person:
    """One customer to be: ids, temper and, for those who bought before joining, when."""

    member_id: str
    buyer_id: str
    nickname: str
    will_buy: bool
    will_leave: bool
    talkativeness: int
    bought_at: datetime | None = None
    staff: bool = False


def new_person(stage: Stage, door: str) -> Person:
    """Somebody new, with the habits of those who come through this door."""
    audience = AUDIENCES[door]
    member_id = stage.new_id("u")
    will_buy = stage.chance(audience.buys)
    return Person(
        member_id=member_id,
        # The shop mostly knows people by the same id; a few bought with an older account.
        buyer_id=stage.new_id("b") if stage.chance(2.5) else member_id,
        nickname=nickname(stage.rng),
        will_buy=will_buy,
        will_leave=stage.chance(audience.leaves / 3 if will_buy else audience.leaves),
        talkativeness=stage.rng.randint(3, 12) if stage.chance(audience.talks) else 1,
    )


def new_employee(name: str, member_id: str) -> Person:
    """Somebody of the brand's own staff: stays, and talks when the chat calls for it."""
    return Person(
        member_id=member_id,
        buyer_id=member_id,
        nickname=name,
        will_buy=False,
        will_leave=False,
        talkativeness=0,
        staff=True,
    )
