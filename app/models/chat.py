"""Facts of the groups: who was in when, what was said, what was clicked."""

from sqlalchemy import BigInteger, Index, SmallInteger, Text
from sqlalchemy import text as sql
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, BrandKey, Id, IdKey, Instant, InstantKey, Json, search_index


class ChatGroup(Base):
    """A chat group (群聊) of the brand."""

    __tablename__ = "chat_group"
    __table_args__ = (search_index("chat_group", "name"),)

    brand_id: Mapped[BrandKey]
    group_id: Mapped[IdKey]
    name: Mapped[str | None]
    capacity: Mapped[int | None] = mapped_column(BigInteger)
    owner_member_id: Mapped[Id | None]
    stamps: Mapped[Json] = mapped_column(JSONB, server_default=sql("'{}'"))


class MembershipEvent(Base):
    """One line of a group's history: a join, leave, dismissal or snapshot, as folded.

    `suspect` marks a snapshot that named less than half of the open members and so
    closed nobody.
    """

    __tablename__ = "membership_event"
    __table_args__ = (
        Index(None, "brand_id", "group_id", "member_id", "at"),
        Index(
            "ix_membership_event_of_all",
            "brand_id",
            "group_id",
            "at",
            postgresql_where=sql("member_id IS NULL"),
        ),
        Index(
            "ix_membership_event_suspect",
            "brand_id",
            "at",
            "group_id",
            postgresql_where=sql("suspect"),
        ),
        Index(
            "ix_membership_event_inviter",
            "brand_id",
            "inviter_member_id",
            postgresql_where=sql("inviter_member_id IS NOT NULL"),
        ),
    )

    brand_id: Mapped[BrandKey]
    group_id: Mapped[IdKey]
    at: Mapped[InstantKey]
    event_id: Mapped[IdKey]
    event_source: Mapped[IdKey]
    kind: Mapped[str]
    member_id: Mapped[Id | None]
    member_ids: Mapped[list[str] | None] = mapped_column(ARRAY(Text))
    source_kind: Mapped[str | None]
    note_id: Mapped[Id | None]
    live_id: Mapped[Id | None]
    inviter_member_id: Mapped[Id | None]
    role: Mapped[str | None]
    reason: Mapped[str | None]
    suspect: Mapped[bool] = mapped_column(server_default="false")


class Membership(Base):
    """One half-open interval [joined_at, left_at) of one member id in one group.

    `n` tells apart intervals that begin at the same instant; `source_at` is the time of the
    join that brought the source, so that a late event can be folded in from its instant on.
    """

    __tablename__ = "membership"
    __table_args__ = (
        Index(None, "brand_id", "group_id", "left_at"),
        Index(None, "brand_id", "member_id", "joined_at"),
        Index(None, "brand_id", "joined_at"),
        Index(
            "ix_membership_left",
            *("brand_id", "member_id", "left_at"),
            postgresql_where=sql("left_at IS NOT NULL"),
        ),
        Index("ix_membership_of_group", "brand_id", "group_id", "joined_at", "member_id", "n"),
        Index(
            "ix_membership_open",
            *("brand_id", "group_id", "joined_at", "member_id", "n"),
            postgresql_where=sql("left_at IS NULL"),
        ),
        Index(
            "ix_membership_of_note",
            *("brand_id", "note_id", "joined_at"),
            postgresql_where=sql(
                "note_id IS NOT NULL AND (left_at IS NULL OR left_at > joined_at)"
            ),
        ),
        Index(
            "ix_membership_of_live",
            "brand_id",
            "live_id",
            postgresql_where=sql("live_id IS NOT NULL"),
        ),
        Index(
            "ix_membership_inviter",
            "brand_id",
            "inviter_member_id",
            postgresql_where=sql("inviter_member_id IS NOT NULL"),
        ),
    )

    brand_id: Mapped[BrandKey]
    group_id: Mapped[IdKey]
    member_id: Mapped[IdKey]
    joined_at: Mapped[InstantKey]
    n: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    left_at: Mapped[Instant | None]
    join_inferred: Mapped[bool]
    leave_inferred: Mapped[bool]
    leave_reason: Mapped[str | None]
    source_at: Mapped[Instant | None]
    source_kind: Mapped[str | None]
    note_id: Mapped[Id | None]
    live_id: Mapped[Id | None]
    inviter_member_id: Mapped[Id | None]
    role: Mapped[str | None]


class MessageIdentity(Base):
    """That a message is known, for ever, and when it was sent: the way to its partition.

    Without `sent_at` only its recall is known so far, and `recalled_at` stands here; once it has
    come that stands in the message itself. Where there is no such message any more, its month was
    detached.
    """

    __tablename__ = "message_identity"

    brand_id: Mapped[BrandKey]
    group_id: Mapped[IdKey]
    message_id: Mapped[IdKey]
    sent_at: Mapped[Instant | None]
    recalled_at: Mapped[Instant | None]


class Message(Base):
    """A chat message that was sent; partitioned by the month of `sent_at`, in UTC."""

    __tablename__ = "message"
    __table_args__ = (
        Index(None, "brand_id", "group_id", "member_id", "sent_at"),
        Index(None, "brand_id", "sent_at"),
        Index(None, "brand_id", "member_id", "sent_at"),
        Index(
            "ix_message_of_kind",
            *("brand_id", "kind", "sent_at"),
            postgresql_where=sql("kind <> 'text'"),
        ),
        Index(
            "ix_message_recalled",
            *("brand_id", "sent_at"),
            postgresql_where=sql("recalled_at IS NOT NULL"),
        ),
        Index(
            "ix_message_of_note",
            *("brand_id", sql("(card ->> 'note_id')"), "sent_at"),
            postgresql_where=sql("(card ->> 'note_id') IS NOT NULL"),
        ),
        search_index("message", "text", "sent_at", "text IS NOT NULL AND sent_at IS NOT NULL"),
        Index(
            "ix_message_text",
            "brand_id",
            "sent_at",
            postgresql_where=sql("text IS NOT NULL"),
        ),
        {"postgresql_partition_by": "RANGE (sent_at)"},
    )

    brand_id: Mapped[BrandKey]
    group_id: Mapped[IdKey]
    sent_at: Mapped[InstantKey]
    message_id: Mapped[IdKey]
    recalled_at: Mapped[Instant | None]
    member_id: Mapped[Id | None]
    kind: Mapped[str | None]
    text: Mapped[str | None]
    reply_to: Mapped[Id | None]
    card: Mapped[Json | None]
    stamps: Mapped[Json] = mapped_column(JSONB, server_default=sql("'{}'"))


class MemberSpeech(Base):
    """When a member last spoke in any group: the latest of its messages, recalled or not."""

    __tablename__ = "member_speech"

    brand_id: Mapped[BrandKey]
    member_id: Mapped[IdKey]
    last_spoke_at: Mapped[Instant]


class CardClick(Base):
    """One click on a card in a group: the evidence of a touch."""

    __tablename__ = "card_click"
    __table_args__ = (Index(None, "brand_id", "member_id", "clicked_at"),)

    brand_id: Mapped[BrandKey]
    event_id: Mapped[IdKey]
    event_source: Mapped[IdKey]
    group_id: Mapped[Id]
    member_id: Mapped[Id]
    clicked_at: Mapped[Instant]
    message_id: Mapped[Id | None]
    note_id: Mapped[Id | None]
    live_id: Mapped[Id | None]
    sku: Mapped[str | None]


class DirectMessage(Base):
    """A private message between the brand and a member (direction: sent or received)."""

    __tablename__ = "direct_message"
    __table_args__ = (
        Index(None, "brand_id", "member_id", "sent_at"),
        Index(
            "ix_direct_message_text",
            "brand_id",
            "sent_at",
            postgresql_where=sql("text IS NOT NULL"),
        ),
    )

    brand_id: Mapped[BrandKey]
    message_id: Mapped[IdKey]
    sent_at: Mapped[Instant | None]
    direction: Mapped[str | None]
    member_id: Mapped[Id | None]
    text: Mapped[str | None]
    stamps: Mapped[Json] = mapped_column(JSONB, server_default=sql("'{}'"))
