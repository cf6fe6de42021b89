"""The vocabulary: everything that a bot, a shop or an importer can tell us, one type a line.

Unknown attributes and unknown `data` fields are kept in the stored raw event and otherwise
ignored. A field given as null counts as absent.
"""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from app import payloads as p

EventId = Annotated[str, Meta(min_length=1, max_length=128)]


class Event(Struct, tag_field="type", kw_only=True):
    """The CloudEvents 1.0 attributes of an event; `time` is required here."""

    time: str
    id: EventId | None = None
    source: p.Key | None = None
    specversion: Literal["1.0"] | None = None
    subject: str | None = None
    datacontenttype: str | None = None
    data_base64: str | None = None


class GroupCreated(Event, tag="group.created"):
    data: p.GroupData


class GroupUpdated(Event, tag="group.updated"):
    data: p.GroupData


class GroupDismissed(Event, tag="group.dismissed"):
    data: p.GroupOnly


class GroupSnapshot(Event, tag="group.snapshot"):
    data: p.SnapshotData


class MemberJoined(Event, tag="member.joined"):
    data: p.JoinData


class MemberLeft(Event, tag="member.left"):
    data: p.LeaveData


class MemberUpdated(Event, tag="member.updated"):
    data: p.MemberData


class MessageSent(Event, tag="message.sent"):
    data: p.MessageData


class MessageRecalled(Event, tag="message.recalled"):
    data: p.RecallData


class CardClicked(Event, tag="card.clicked"):
    data: p.ClickData


class DirectMessageSent(Event, tag="direct_message.sent"):
    data: p.DirectMessageData


class DirectMessageReceived(Event, tag="direct_message.received"):
    data: p.DirectMessageData


class NotePublished(Event, tag="note.published"):
    data: p.NoteData


class NoteUpdated(Event, tag="note.updated"):
    data: p.NoteData


class NoteMeasured(Event, tag="note.measured"):
    data: p.MeasureData


class CreatorUpdated(Event, tag="creator.updated"):
    data: p.CreatorData


class LiveStarted(Event, tag="live.started"):
    data: p.LiveData


class LiveEnded(Event, tag="live.ended"):
    data: p.LiveData


class LiveJoined(Event, tag="live.joined"):
    data: p.ViewData


class OrderPlaced(Event, tag="order.placed"):
    data: p.OrderData


class OrderPaid(Event, tag="order.paid"):
    data: p.OrderData


class OrderCancelled(Event, tag="order.cancelled"):
    data: p.OrderOnly


class OrderCompleted(Event, tag="order.completed"):
    data: p.OrderOnly


class OrderRefunded(Event, tag="order.refunded"):
    data: p.RefundData


class IdentityLinked(Event, tag="identity.linked"):
    data: p.LinkData


AnyEvent = (
    GroupCreated
    | GroupUpdated
    | GroupDismissed
    | GroupSnapshot
    | MemberJoined
    | MemberLeft
    | MemberUpdated
    | MessageSent
    | MessageRecalled
    | CardClicked
    | DirectMessageSent
    | DirectMessageReceived
    | NotePublished
    | NoteUpdated
    | NoteMeasured
    | CreatorUpdated
    | LiveStarted
    | LiveEnded
    | LiveJoined
    | OrderPlaced
    | OrderPaid
    | OrderCancelled
    | OrderCompleted
    | OrderRefunded
    | IdentityLinked
)
"""The tagged union that raw bytes are decoded into; `type` is the tag."""
