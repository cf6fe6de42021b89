"""Facts of what is published: notes, their creators, lives and who watched them."""

from sqlalchemy import BigInteger, Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, BrandKey, Id, IdKey, Instant, InstantKey, Json, search_index

CREATOR_NAMES = "(COALESCE(name, ''::text) || ' '::text) || COALESCE(mcn, ''::text)"
"""What a creator is searched by."""


class Note(Base):
    """A note (笔记) with the latest known running totals of its reach."""

    __tablename__ = "note"
    __table_args__ = (
        Index(None, "brand_id", "creator_id"),
        Index(None, "brand_id", "published_at", "note_id"),
        Index(None, "brand_id", "views", "note_id"),
        search_index("note", "title"),
    )

    brand_id: Mapped[BrandKey]
    note_id: Mapped[IdKey]
    title: Mapped[str | None]
    url: Mapped[str | None]
    creator_id: Mapped[Id | None]
    group_ids: Mapped[Json | None]
    skus: Mapped[Json | None]
    published_at: Mapped[Instant | None]
    views: Mapped[int | None] = mapped_column(BigInteger)
    likes: Mapped[int | None] = mapped_column(BigInteger)
    collects: Mapped[int | None] = mapped_column(BigInteger)
    comments: Mapped[int | None] = mapped_column(BigInteger)
    shares: Mapped[int | None] = mapped_column(BigInteger)
    stamps: Mapped[Json] = mapped_column(JSONB, server_default=text("'{}'"))


class NoteMeasurement(Base):
    """One reading of a note's running totals."""

    __tablename__ = "note_measurement"
    __table_args__ = (Index(None, "brand_id", "note_id", "measured_at"),)

    brand_id: Mapped[BrandKey]
    event_id: Mapped[IdKey]
    event_source: Mapped[IdKey]
    note_id: Mapped[Id]
    measured_at: Mapped[Instant]
    views: Mapped[int | None] = mapped_column(BigInteger)
    likes: Mapped[int | None] = mapped_column(BigInteger)
    collects: Mapped[int | None] = mapped_column(BigInteger)
    comments: Mapped[int | None] = mapped_column(BigInteger)
    shares: Mapped[int | None] = mapped_column(BigInteger)


class Creator(Base):
    """An author of notes and host of lives, with the agency (MCN) it is signed to."""

    __tablename__ = "creator"
    __table_args__ = (
        search_index("creator", CREATOR_NAMES, where="name IS NOT NULL OR mcn IS NOT NULL"),
    )

    brand_id: Mapped[BrandKey]
    creator_id: Mapped[IdKey]
    name: Mapped[str | None]
    kind: Mapped[str | None]
    mcn: Mapped[str | None]
    stamps: Mapped[Json] = mapped_column(JSONB, server_default=text("'{}'"))


class Live(Base):
    """A live session (直播); it runs from its earliest start to its latest end."""

    __tablename__ = "live"
    __table_args__ = (
        Index(None, "brand_id", "started_at"),
        search_index("live", "title"),
    )

    brand_id: Mapped[BrandKey]
    live_id: Mapped[IdKey]
    title: Mapped[str | None]
    creator_id: Mapped[Id | None]
    started_at: Mapped[Instant | None]
    ended_at: Mapped[Instant | None]
    stamps: Mapped[Json] = mapped_column(JSONB, server_default=text("'{}'"))


class LiveEnd(Base):
    """Each end that a live was given: as of an instant, the latest one before it counts."""

    __tablename__ = "live_end"

    brand_id: Mapped[BrandKey]
    live_id: Mapped[IdKey]
    ended_at: Mapped[InstantKey]


class LiveView(Base):
    """One arrival of a member in a live, with the group it came from where that is known."""

    __tablename__ = "live_view"
    __table_args__ = (
        Index(None, "brand_id", "live_id", "viewed_at"),
        Index(None, "brand_id", "member_id", "viewed_at"),
    )

    brand_id: Mapped[BrandKey]
    event_id: Mapped[IdKey]
    event_source: Mapped[IdKey]
    live_id: Mapped[Id]
    member_id: Mapped[Id]
    group_id: Mapped[Id | None]
    viewed_at: Mapped[Instant]
