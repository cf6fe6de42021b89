"""What each type of event means: one entry a type, from its data to the batch."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import msgspec

from app import events as e
from app import payloads as p
from app.core.clock import microseconds, parse_instant
from app.core.phone import parts
from app.projection.batch import Batch, Click, Measurement, MembershipLine, Saying, View
from app.projection.entities import Entities, Stamp

_decoder = msgspec.json.Decoder(e.AnyEvent)
TOTALS = ("views", "likes", "collects", "comments", "shares")


class Arrival(msgspec.Struct, frozen=True):
    """One event with the identity that it was stored under."""

    source: str
    event_id: str
    at: datetime
    event: e.AnyEvent

    @property
    def stamp(self) -> Stamp:
        return (microseconds(self.at), self.event_id, self.source)


def read(raw: str, source: str, event_id: str) -> Arrival:
    """Decode a stored event again.

    Raises:
        msgspec.DecodeError, ValueError: where an older release accepted what this one refuses.
    """
    event = _decoder.decode(raw)
    return Arrival(source, event_id, parse_instant(event.time), event)


def collect(batch: Batch, arrival: Arrival) -> None:
    """Add what one event says to the batch."""
    batch.event = (arrival.event_id, arrival.source)
    APPLY[type(arrival.event)](batch, arrival, arrival.event.data)


def _group(batch: Batch, a: Arrival, d: p.GroupData) -> None:
    values = {"name": d.name, "capacity": d.capacity, "owner_member_id": d.owner_member_id}
    batch.see(Entities.GROUP, (d.group_id,), a.stamp, values)
    batch.person("member", d.owner_member_id)


def _line(batch: Batch, a: Arrival, group_id: str, kind: Any, **fields: Any) -> None:
    batch.name(Entities.GROUP, group_id)
    batch.memberships.append(
        MembershipLine(
            group_id=group_id,
            at=a.at,
            event_id=a.event_id,
            event_source=a.source,
            kind=kind,
            **fields,
        )
    )


def _dismissed(batch: Batch, a: Arrival, d: p.GroupOnly) -> None:
    _line(batch, a, d.group_id, "dismissal")


def _snapshot(batch: Batch, a: Arrival, d: p.SnapshotData) -> None:
    _line(batch, a, d.group_id, "snapshot", member_ids=d.member_ids)
    batch.person("member", *d.member_ids)


def _joined(batch: Batch, a: Arrival, d: p.JoinData) -> None:
    _line(batch, a, d.group_id, "join", member_id=d.member_id, source=d.source, role=d.role)
    batch.person("member", d.member_id)
    if d.nickname is not None:
        batch.see(Entities.MEMBER, (d.member_id,), a.stamp, {"nickname": d.nickname})
    if d.source is not None:
        batch.person("member", d.source.inviter_member_id)
        batch.name(Entities.NOTE, d.source.note_id)
        batch.name(Entities.LIVE, d.source.live_id)


def _left(batch: Batch, a: Arrival, d: p.LeaveData) -> None:
    _line(batch, a, d.group_id, "leave", member_id=d.member_id, reason=d.reason)
    batch.person("member", d.member_id)


def _member(batch: Batch, a: Arrival, d: p.MemberData) -> None:
    values = {"nickname": d.nickname, "attributes": d.attributes} | _phone(d.phone)
    batch.see(Entities.MEMBER, (d.member_id,), a.stamp, values)
    batch.person("member", d.member_id)


def _phone(text: str | None) -> dict[str, str | bytes | None]:
    """The columns of a phone, which intake has sealed; the release before did not."""
    found = None if text is None else parts(text)
    if found is None:
        return {"phone": text}
    return {"phone_cipher": found[0], "phone_index": found[1] or None}


def _card(batch: Batch, card: p.Card | None) -> None:
    if card is not None:
        batch.name(Entities.NOTE, card.note_id)
        batch.name(Entities.LIVE, card.live_id)


def _message(batch: Batch, a: Arrival, d: p.MessageData) -> None:
    batch.messages.setdefault((d.group_id, d.message_id), []).append(Saying(a.stamp, a.at, d))
    batch.name(Entities.GROUP, d.group_id)
    batch.person("member", d.member_id)
    _card(batch, d.card)


def _recalled(batch: Batch, a: Arrival, d: p.RecallData) -> None:
    batch.messages.setdefault((d.group_id, d.message_id), []).append(Saying(a.stamp, a.at, None))
    batch.name(Entities.GROUP, d.group_id)


def _clicked(batch: Batch, a: Arrival, d: p.ClickData) -> None:
    card = d.card or p.Card()
    batch.clicks.append(
        Click(a.event_id, a.source, d.group_id, d.member_id, a.at, d.message_id, card)
    )
    batch.name(Entities.GROUP, d.group_id)
    batch.person("member", d.member_id)
    _card(batch, card)


def _direct(direction: str) -> Callable[[Batch, Arrival, p.DirectMessageData], None]:
    def apply(batch: Batch, a: Arrival, d: p.DirectMessageData) -> None:
        values = {"direction": direction, "member_id": d.member_id, "text": d.text}
        batch.see(Entities.DIRECT_MESSAGE, (d.message_id,), a.stamp, values, {"sent_at": a.at})
        batch.person("member", d.member_id)

    return apply


def _note(batch: Batch, a: Arrival, d: p.NoteData) -> None:
    values = {
        "title": d.title,
        "url": d.url,
        "creator_id": d.creator_id,
        "group_ids": d.group_ids,
        "skus": d.skus,
    }
    published = {"published_at": a.at} if isinstance(a.event, e.NotePublished) else {}
    batch.see(Entities.NOTE, (d.note_id,), a.stamp, values, published)
    batch.name(Entities.CREATOR, d.creator_id)
    batch.name(Entities.GROUP, *(d.group_ids or ()))


def _measured(batch: Batch, a: Arrival, d: p.MeasureData) -> None:
    totals: dict[str, int | None] = {name: getattr(d, name) for name in TOTALS}
    batch.see(Entities.NOTE, (d.note_id,), a.stamp, totals)
    batch.measurements.append(Measurement(a.event_id, a.source, d.note_id, a.at, totals))


def _creator(batch: Batch, a: Arrival, d: p.CreatorData) -> None:
    values = {"name": d.name, "kind": d.kind, "mcn": d.mcn}
    batch.see(Entities.CREATOR, (d.creator_id,), a.stamp, values)


def _live(time: str) -> Callable[[Batch, Arrival, p.LiveData], None]:
    def apply(batch: Batch, a: Arrival, d: p.LiveData) -> None:
        values = {"title": d.title, "creator_id": d.creator_id}
        batch.see(Entities.LIVE, (d.live_id,), a.stamp, values, {time: a.at})
        batch.name(Entities.CREATOR, d.creator_id)
        if time == "ended_at":
            batch.live_ends.add((d.live_id, a.at))

    return apply


def _viewed(batch: Batch, a: Arrival, d: p.ViewData) -> None:
    batch.views.append(View(a.event_id, a.source, d.live_id, d.member_id, d.group_id, a.at))
    batch.name(Entities.LIVE, d.live_id)
    batch.name(Entities.GROUP, d.group_id)
    batch.person("member", d.member_id)


def _order(time: str) -> Callable[[Batch, Arrival, p.OrderData], None]:
    def apply(batch: Batch, a: Arrival, d: p.OrderData) -> None:
        values = {
            "buyer_id": d.buyer_id,
            "amount": d.amount,
            "currency": d.currency,
            "kind": d.kind,
            "original_order_id": d.original_order_id,
            "items": d.items,
            "touch": d.touch,
        }
        batch.see(Entities.ORDER, (d.order_id,), a.stamp, values, {time: a.at})
        batch.name(Entities.ORDER, d.original_order_id)
        batch.person("buyer", d.buyer_id)
        if d.touch is not None:
            batch.name(Entities.GROUP, d.touch.group_id)
            batch.name(Entities.NOTE, d.touch.note_id)
            batch.name(Entities.LIVE, d.touch.live_id)
            batch.name(Entities.CREATOR, d.touch.creator_id)

    return apply


def _ended(time: str) -> Callable[[Batch, Arrival, p.OrderOnly], None]:
    def apply(batch: Batch, a: Arrival, d: p.OrderOnly) -> None:
        batch.see(Entities.ORDER, (d.order_id,), a.stamp, times={time: a.at})

    return apply


def _refunded(batch: Batch, a: Arrival, d: p.RefundData) -> None:
    values = {"amount": d.amount, "reason": d.reason}
    key = (d.order_id, d.refund_id)
    batch.see(Entities.REFUND, key, a.stamp, values, {"refunded_at": a.at})
    batch.name(Entities.ORDER, d.order_id)


def _linked(batch: Batch, a: Arrival, d: p.LinkData) -> None:
    batch.links.setdefault((d.member_id, d.buyer_id), batch.event)
    batch.person("member", d.member_id)
    batch.person("buyer", d.buyer_id)


APPLY: dict[type, Callable[[Batch, Arrival, Any], None]] = {
    e.GroupCreated: _group,
    e.GroupUpdated: _group,
    e.GroupDismissed: _dismissed,
    e.GroupSnapshot: _snapshot,
    e.MemberJoined: _joined,
    e.MemberLeft: _left,
    e.MemberUpdated: _member,
    e.MessageSent: _message,
    e.MessageRecalled: _recalled,
    e.CardClicked: _clicked,
    e.DirectMessageSent: _direct("sent"),
    e.DirectMessageReceived: _direct("received"),
    e.NotePublished: _note,
    e.NoteUpdated: _note,
    e.NoteMeasured: _measured,
    e.CreatorUpdated: _creator,
    e.LiveStarted: _live("started_at"),
    e.LiveEnded: _live("ended_at"),
    e.LiveJoined: _viewed,
    e.OrderPlaced: _order("placed_at"),
    e.OrderPaid: _order("paid_at"),
    e.OrderCancelled: _ended("cancelled_at"),
    e.OrderCompleted: _ended("completed_at"),
    e.OrderRefunded: _refunded,
    e.IdentityLinked: _linked,
}
