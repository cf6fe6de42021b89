"""The sample brand is complete by the contract, repeatable and lifelike."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from app.demo.stage import Event
from app.demo.story import story

END = date(2025, 11, 20)
WINDOW_START = datetime.fromisoformat("2025-05-19T00:00:00+08:00")
WINDOW_END = datetime.fromisoformat("2025-11-17T00:00:00+08:00")

# Every type of the contract: the fields it must have; those it may have.
FIELDS = {
    "group.created": ("group_id", "name capacity owner_member_id"),
    "group.updated": ("group_id", "name capacity owner_member_id"),
    "group.dismissed": ("group_id", ""),
    "group.snapshot": ("group_id member_ids", ""),
    "member.joined": ("group_id member_id", "nickname role source"),
    "member.left": ("group_id member_id", "reason"),
    "member.updated": ("member_id", "nickname phone attributes"),
    "message.sent": ("message_id group_id member_id", "kind text reply_to card"),
    "message.recalled": ("message_id group_id", ""),
    "card.clicked": ("group_id member_id", "message_id card"),
    "direct_message.sent": ("message_id member_id", "text"),
    "direct_message.received": ("message_id member_id", "text"),
    "note.published": ("note_id", "title url creator_id group_ids skus"),
    "note.updated": ("note_id", "title url creator_id group_ids skus"),
    "note.measured": ("note_id", "views likes collects comments shares"),
    "creator.updated": ("creator_id", "name kind mcn"),
    "live.started": ("live_id", "title creator_id"),
    "live.ended": ("live_id", "title creator_id"),
    "live.joined": ("live_id member_id", "group_id"),
    "order.placed": (
        "order_id buyer_id amount currency",
        "kind original_order_id items touch",
    ),
    "order.paid": (
        "order_id buyer_id amount currency",
        "kind original_order_id items touch",
    ),
    "order.cancelled": ("order_id", ""),
    "order.completed": ("order_id", ""),
    "order.refunded": ("order_id refund_id amount", "reason"),
    "identity.linked": ("member_id buyer_id", ""),
}
GMV_KINDS = ("normal", "deposit", "presale")


@pytest.fixture(scope="module")
def events() -> list[Event]:
    """The story that all these tests look at."""
    return story(END)


def time_of(event: Event) -> datetime:
    """When the event happened."""
    return datetime.fromisoformat(event["time"])


def data_of(events: list[Event], kind: str) -> list[dict[str, Any]]:
    """The data of all events of one type."""
    return [event["data"] for event in events if event["type"] == kind]


def test_the_same_end_and_seed_give_the_same_story(events: list[Event]) -> None:
    assert story(END, 7) == events
    assert story(date(2025, 11, 17)) == events  # a Monday ends the weeks before it
    assert story(END, 8) != events


def test_about_twenty_thousand_events_each_with_its_own_id(events: list[Event]) -> None:
    assert 18_000 <= len(events) <= 22_000
    assert len({event["id"] for event in events}) == len(events)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_other_seeds_tell_a_story_of_the_same_size(seed: int) -> None:
    assert 18_000 <= len(story(END, seed)) <= 22_000


def test_everything_happens_within_the_window_in_order(events: list[Event]) -> None:
    times = [time_of(event) for event in events]
    assert times == sorted(times)
    assert times[0] >= WINDOW_START
    assert WINDOW_END - timedelta(hours=12) < times[-1] < WINDOW_END
    assert all(event["time"].endswith("+08:00") for event in events)


def test_every_type_occurs_with_the_fields_of_the_contract(events: list[Event]) -> None:
    assert {event["type"] for event in events} == set(FIELDS)
    for event in events:
        required, optional = (set(names.split()) for names in FIELDS[event["type"]])
        assert required <= event["data"].keys() <= required | optional, event
        assert None not in event["data"].values(), event


def test_every_optional_field_occurs_where_the_story_can_know_it(events: list[Event]) -> None:
    used: dict[str, set[str]] = defaultdict(set)
    for event in events:
        used[event["type"]] |= event["data"].keys()
    for kind in ("member.joined", "member.updated", "message.sent", "order.placed", "live.joined"):
        assert used[kind] == set(" ".join(FIELDS[kind]).split()), kind


def test_every_kind_role_and_reason_occurs(events: list[Event]) -> None:
    joins = data_of(events, "member.joined")
    assert {join["role"] for join in joins} == {"owner", "admin", "member"}
    assert {join["source"]["kind"] for join in joins if "source" in join} == {
        *("note", "live", "direct_message", "share", "profile", "search", "qr_code", "other")
    }
    assert {field for join in joins for field in join.get("source", {})} == {
        *("kind", "note_id", "live_id", "inviter_member_id")
    }
    assert {left["reason"] for left in data_of(events, "member.left")} == {"left", "removed"}
    messages = data_of(events, "message.sent")
    assert {message["kind"] for message in messages} == {
        *("text", "image", "video", "note_card", "product_card", "coupon", "live_card", "other")
    }
    assert {field for message in messages for field in message.get("card", {})} == {
        *("note_id", "live_id", "sku")
    }
    assert {creator.get("kind") for creator in data_of(events, "creator.updated")} >= {
        *("brand", "employee", "kol", "koc", "customer")
    }
    orders = data_of(events, "order.paid")
    assert {order.get("kind", "normal") for order in orders} == {
        *("normal", "deposit", "presale", "replacement", "gift", "test")
    }
    assert {field for order in orders for field in order.get("touch", {})} == {
        *("group_id", "note_id", "live_id", "creator_id")
    }


def test_amounts_are_whole_fen_and_the_items_add_up(events: list[Event]) -> None:
    for kind in ("order.placed", "order.paid", "order.refunded"):
        for data in data_of(events, kind):
            assert type(data["amount"]) is int
            assert 0 <= data["amount"] < 1_000_000
    for order in data_of(events, "order.placed"):
        assert all(type(line["amount"]) is int for line in order["items"])
        if order.get("kind") not in ("deposit", "presale"):
            assert order["amount"] == sum(line["amount"] for line in order["items"])


def test_what_is_named_exists(events: list[Event]) -> None:
    named: dict[str, set[str]] = defaultdict(set)
    for event in events:
        data = event["data"]
        for place in (data, *(data.get(part, {}) for part in ("source", "touch", "card"))):
            for field in {"group_id", "note_id", "live_id", "creator_id"} & place.keys():
                named[field].add(place[field])
    for field, kind in (
        ("group_id", "group.created"),
        ("note_id", "note.published"),
        ("live_id", "live.started"),
        ("creator_id", "creator.updated"),
    ):
        assert named[field] == {data[field] for data in data_of(events, kind)}


def test_replies_follow_what_they_reply_to(events: list[Event]) -> None:
    said: set[str] = set()
    for message in data_of(events, "message.sent"):
        assert "reply_to" not in message or message["reply_to"] in said
        said.add(message["message_id"])


def test_phone_numbers_are_obviously_fake(events: list[Event]) -> None:
    phones = [data["phone"] for data in data_of(events, "member.updated") if "phone" in data]
    assert len(set(phones)) == len(phones) > 100
    assert all(phone.startswith("1380000") and len(phone) == 11 for phone in phones)


def test_the_totals_of_a_note_only_grow(events: list[Event]) -> None:
    last: dict[str, dict[str, Any]] = {}
    for data in data_of(events, "note.measured"):
        before = last.get(data["note_id"], dict.fromkeys(data, 0))
        for field in ("views", "likes", "collects", "comments", "shares"):
            assert data[field] >= before[field]
        last[data["note_id"]] = data


def test_refunds_are_partial_full_too_much_and_too_early(events: list[Event]) -> None:
    paid = {e["data"]["order_id"]: e for e in events if e["type"] == "order.paid"}
    refunded: Counter[str] = Counter()
    early = 0
    for event in events:
        if event["type"] == "order.refunded":
            order_id = event["data"]["order_id"]
            refunded[order_id] += event["data"]["amount"]
            early += time_of(event) < time_of(paid[order_id])
    excess = [total - paid[order_id]["data"]["amount"] for order_id, total in refunded.items()]
    assert early == 1
    assert any(amount < 0 for amount in excess)
    assert excess.count(0) > 5
    assert any(amount > 0 for amount in excess)


class Seats:
    """Who is in which group, by the plain order of the story's events."""

    def __init__(self, events: list[Event]) -> None:
        self.stays: dict[str, list[list[datetime]]] = defaultdict(list)
        self.peak: Counter[str] = Counter()
        self.rejoins = self.inferred = self.suspect = 0
        self._open: dict[str, dict[str, list[datetime]]] = defaultdict(dict)
        self._gone: set[tuple[str, str]] = set()
        for event in events:
            self._follow(event, event["data"], time_of(event))

    def _follow(self, event: Event, data: dict[str, Any], at: datetime) -> None:
        match event["type"]:
            case "member.joined":
                self._enter(data["group_id"], data["member_id"], at)
            case "member.left":
                self._leave(data["group_id"], data["member_id"], at)
            case "group.dismissed":
                for member_id in list(self._open[data["group_id"]]):
                    self._leave(data["group_id"], member_id, at)
            case "group.snapshot":
                self._count(data["group_id"], data["member_ids"], at)

    def _enter(self, group_id: str, member_id: str, at: datetime) -> None:
        present = self._open[group_id]
        assert member_id not in present, "a member joins twice"
        self.rejoins += (group_id, member_id) in self._gone
        # A stay without an end lasts beyond the story.
        present[member_id] = [at, WINDOW_END]
        self.stays[member_id].append(present[member_id])
        self.peak[group_id] = max(self.peak[group_id], len(present))

    def _leave(self, group_id: str, member_id: str, at: datetime) -> None:
        self._open[group_id].pop(member_id)[1] = at
        self._gone.add((group_id, member_id))

    def _count(self, group_id: str, member_ids: list[str], at: datetime) -> None:
        present = self._open[group_id]
        if 2 * len(present.keys() & set(member_ids)) < len(present):
            self.suspect += 1
        else:
            for member_id in present.keys() - set(member_ids):
                self._leave(group_id, member_id, at)
                self.inferred += 1
        for member_id in member_ids:
            if member_id not in present:
                self._enter(group_id, member_id, at)
                self.inferred += 1

    def holds(self, customer: str, at: datetime) -> bool:
        """Whether the customer is in any group at that instant."""
        return any(joined <= at < left for joined, left in self.stays.get(customer, ()))


def test_groups_fill_up_but_never_beyond_500(events: list[Event]) -> None:
    seats = Seats(events)
    assert 450 <= max(seats.peak.values()) <= 500
    assert seats.rejoins >= 10
    assert seats.inferred >= 8
    assert seats.suspect == 1


def test_chat_is_the_bulk_and_evenings_are_busy(events: list[Event]) -> None:
    types = Counter(event["type"] for event in events)
    assert types.most_common(1)[0][0] == "message.sent"
    assert types["message.sent"] > len(events) * 0.4
    hours = Counter(time_of(event).hour for event in events if event["type"] == "order.paid")
    assert sum(hours[hour] for hour in (19, 20, 21, 22)) > hours.total() * 0.4
    customers = {e["data"].get("member_id") or e["data"].get("buyer_id") for e in events}
    assert 1_500 <= len(customers) <= 2_500


def gmv_orders(events: list[Event]) -> list[tuple[str, datetime, dict[str, Any]]]:
    """The paid orders that count as sales: customer, instant and data."""
    person = {d["buyer_id"]: d["member_id"] for d in data_of(events, "identity.linked")}
    return [
        (person.get(e["data"]["buyer_id"], e["data"]["buyer_id"]), time_of(e), e["data"])
        for e in events
        if e["type"] == "order.paid" and e["data"].get("kind", "normal") in GMV_KINDS
    ]


def test_the_groups_bring_about_half_of_the_sales(events: list[Event]) -> None:
    seats, clicks = Seats(events), defaultdict(list)
    for event in events:
        if event["type"] == "card.clicked":
            clicks[event["data"]["member_id"]].append(time_of(event))
    gmv: Counter[str] = Counter()
    for customer, at, order in gmv_orders(events):
        clicked = any(timedelta(0) <= at - t <= timedelta(hours=24) for t in clicks[customer])
        touch = clicked or "group_id" in order.get("touch", {})
        member = seats.holds(customer, at)
        gmv["all"] += order["amount"]
        gmv["touch"] += touch * order["amount"]
        gmv["member"] += member * order["amount"]
        gmv["touch or member"] += (touch or member) * order["amount"]
    assert 0.40 < gmv["touch or member"] / gmv["all"] < 0.58
    assert 0.30 < gmv["touch"] / gmv["all"] < gmv["touch or member"] / gmv["all"]
    assert 0.35 < gmv["member"] / gmv["all"] < gmv["touch or member"] / gmv["all"]


def test_members_buy_again_three_to_five_times_as_often(events: list[Event]) -> None:
    seats, month = Seats(events), timedelta(days=30)
    refunded: Counter[str] = Counter()
    for data in data_of(events, "order.refunded"):
        refunded[data["order_id"]] += data["amount"]
    purchases: dict[str, list[datetime]] = defaultdict(list)
    for customer, at, order in gmv_orders(events):
        if refunded[order["order_id"]] < order["amount"]:
            purchases[customer].append(at)
    buyers: Counter[bool] = Counter()
    repeaters: Counter[bool] = Counter()
    for customer, (first, *later) in purchases.items():
        if first + month <= WINDOW_END:
            segment = seats.holds(customer, first)
            buyers[segment] += 1
            repeaters[segment] += any(
                at.date() > first.date() and at <= first + month for at in later
            )
    members, others = (repeaters[segment] / buyers[segment] for segment in (True, False))
    assert 0.2 < members < 0.45
    assert 3 < members / others < 6


def test_kol_notes_bring_readers_and_koc_notes_bring_buyers(events: list[Event]) -> None:
    kinds = {d["creator_id"]: d["kind"] for d in data_of(events, "creator.updated") if "kind" in d}
    notes = data_of(events, "note.published")
    kind_of_note = {note["note_id"]: kinds[note["creator_id"]] for note in notes}
    buyers = {customer for customer, _, _ in gmv_orders(events)}
    joins: Counter[str] = Counter()
    bought: Counter[str] = Counter()
    for join in data_of(events, "member.joined"):
        if "note_id" in join.get("source", {}):
            kind = kind_of_note[join["source"]["note_id"]]
            joins[kind] += 1
            bought[kind] += join["member_id"] in buyers
    per_note = {kind: joins[kind] / list(kind_of_note.values()).count(kind) for kind in joins}
    assert per_note["kol"] > 4 * per_note["koc"]
    assert bought["koc"] / joins["koc"] > 3 * bought["kol"] / joins["kol"]
