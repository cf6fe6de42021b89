"""What the events carry: the `data` of each type, and the names and bounds of its fields."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

MAX_AMOUNT = 10**13

Key = Annotated[str, Meta(min_length=1, max_length=256)]
"""An id given by a platform."""

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
