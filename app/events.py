"""The vocabulary: everything that a bot, a shop or an importer can tell us, one type a line.

Unknown attributes and unknown `data` fields are kept in the stored raw event and otherwise
ignored. A field given as null counts as absent.
"""

from typing import Annotated, Literal

from msgspec import Meta, Struct

MAX_AMOUNT = 10**13

Key = Annotated[str, Meta(min_length=1, max_length=256)]
"""An id given by a platform."""

EventId = Annotated[str, Meta(min_length=1, max_length=128)]
Amount = Annotated[int, Meta(ge=0, le=MAX_AMOUNT)]
"""Money in the currency's minor unit (fen for CNY)."""

Count = Annotated[int, Meta(ge=0, le=MAX_AMOUNT)]

SourceKind = Literal[
    "note", "live", "direct_message", "share", "profile", "search", "qr_code", "other"
]
MessageKind = Literal[
    "text", "image", "video", "note_card", "product_card", "coupon", "live_card", "other"
]
OrderKind = Literal["normal", "deposit", "presale", "replacement", "gift", "test"]
CreatorKind = Literal["brand", "employee", "kol", "koc", "customer"]


class Event(Struct, tag_field="type", kw_only=True):
    """The CloudEvents 1.0 attributes of an event; `time` is required here."""

    time: str
    id: EventId | None = None
    source: Key | None = None
    specversion: Literal["1.0"] | None = None
    subject: str | None = None
    datacontenttype: str | None = None
    data_base64: str | None = None


class Data(Struct, kw_only=True):
    """The payload of an event."""


# ---- groups and their members ----


class GroupData(Data):
    group_id: Key
    name: str | None = None
    capacity: Count | None = None
    owner_member_id: Key | None = None


class GroupOnly(Data):
    group_id: Key


class SnapshotData(Data):
    group_id: Key
    member_ids: list[Key]


class JoinSource(Struct, kw_only=True, frozen=True, omit_defaults=True):
    """Where the joiner came from."""

    kind: SourceKind
    note_id: Key | None = None
    live_id: Key | None = None
    inviter_member_id: Key | None = None


class JoinData(Data):
    group_id: Key
    member_id: Key
    nickname: str | None = None
    role: Literal["owner", "admin", "member"] | None = None
    source: JoinSource | None = None


class LeaveData(Data):
    group_id: Key
    member_id: Key
    reason: Literal["left", "removed"] | None = None


class MemberData(Data):
    member_id: Key
    nickname: str | None = None
    phone: str | None = None
    attributes: dict[str, str | int | float | bool | None] | None = None


class GroupCreated(Event, tag="group.created"):
    data: GroupData


class GroupUpdated(Event, tag="group.updated"):
    data: GroupData


class GroupDismissed(Event, tag="group.dismissed"):
    data: GroupOnly


class GroupSnapshot(Event, tag="group.snapshot"):
    data: SnapshotData


class MemberJoined(Event, tag="member.joined"):
    data: JoinData


class MemberLeft(Event, tag="member.left"):
    data: LeaveData


class MemberUpdated(Event, tag="member.updated"):
    data: MemberData


# ---- talk and clicks ----


class Card(Struct, kw_only=True, frozen=True, omit_defaults=True):
    """What a card in a message points to."""

    note_id: Key | None = None
    live_id: Key | None = None
    sku: Key | None = None


class MessageData(Data):
    message_id: Key
    group_id: Key
    member_id: Key
    kind: MessageKind | None = None
    text: str | None = None
    reply_to: Key | None = None
    card: Card | None = None


class RecallData(Data):
    message_id: Key
    group_id: Key


class ClickData(Data):
    group_id: Key
    member_id: Key
    message_id: Key | None = None
    card: Card | None = None


class DirectMessageData(Data):
    message_id: Key
    member_id: Key
    text: str | None = None


class MessageSent(Event, tag="message.sent"):
    data: MessageData


class MessageRecalled(Event, tag="message.recalled"):
    data: RecallData


class CardClicked(Event, tag="card.clicked"):
    data: ClickData


class DirectMessageSent(Event, tag="direct_message.sent"):
    data: DirectMessageData


class DirectMessageReceived(Event, tag="direct_message.received"):
    data: DirectMessageData


# ---- notes, creators, lives ----


class NoteData(Data):
    note_id: Key
    title: str | None = None
    url: str | None = None
    creator_id: Key | None = None
    group_ids: list[Key] | None = None
    skus: list[Key] | None = None


class MeasureData(Data):
    note_id: Key
    views: Count | None = None
    likes: Count | None = None
    collects: Count | None = None
    comments: Count | None = None
    shares: Count | None = None


class CreatorData(Data):
    creator_id: Key
    name: str | None = None
    kind: CreatorKind | None = None
    mcn: str | None = None


class LiveData(Data):
    live_id: Key
    title: str | None = None
    creator_id: Key | None = None


class ViewData(Data):
    live_id: Key
    member_id: Key
    group_id: Key | None = None


class NotePublished(Event, tag="note.published"):
    data: NoteData


class NoteUpdated(Event, tag="note.updated"):
    data: NoteData


class NoteMeasured(Event, tag="note.measured"):
    data: MeasureData


class CreatorUpdated(Event, tag="creator.updated"):
    data: CreatorData


class LiveStarted(Event, tag="live.started"):
    data: LiveData


class LiveEnded(Event, tag="live.ended"):
    data: LiveData


class LiveJoined(Event, tag="live.joined"):
    data: ViewData


# ---- orders and people ----


class Item(Struct, kw_only=True, frozen=True, omit_defaults=True):
    """One line of an order."""

    sku: Key | None = None
    title: str | None = None
    quantity: Count | None = None
    amount: Amount | None = None


class Touch(Struct, kw_only=True, frozen=True, omit_defaults=True):
    """What the shop says an order came out of."""

    group_id: Key | None = None
    note_id: Key | None = None
    live_id: Key | None = None
    creator_id: Key | None = None


class OrderData(Data):
    order_id: Key
    buyer_id: Key
    amount: Amount
    currency: str
    kind: OrderKind | None = None
    original_order_id: Key | None = None
    items: list[Item] | None = None
    touch: Touch | None = None


class OrderOnly(Data):
    order_id: Key


class RefundData(Data):
    order_id: Key
    refund_id: Key
    amount: Amount
    reason: str | None = None


class LinkData(Data):
    member_id: Key
    buyer_id: Key


class OrderPlaced(Event, tag="order.placed"):
    data: OrderData


class OrderPaid(Event, tag="order.paid"):
    data: OrderData


class OrderCancelled(Event, tag="order.cancelled"):
    data: OrderOnly


class OrderCompleted(Event, tag="order.completed"):
    data: OrderOnly


class OrderRefunded(Event, tag="order.refunded"):
    data: RefundData


class IdentityLinked(Event, tag="identity.linked"):
    data: LinkData


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
