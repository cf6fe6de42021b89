"""Segments: saved rules over customers, and who is in them."""

from sqlalchemy import ForeignKeyConstraint, Index
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, BrandKey, Id, IdKey, Instant, InstantKey, Json, Now


class Segment(Base):
    """A rule that picks customers; `refreshed_at` is when its members were last counted."""

    __tablename__ = "segment"

    brand_id: Mapped[BrandKey]
    segment_id: Mapped[IdKey]
    name: Mapped[str]
    rule: Mapped[Json] = mapped_column(JSONB)
    created_at: Mapped[Now]
    created_by: Mapped[Id]
    changed_at: Mapped[Now]
    refreshed_at: Mapped[Instant | None]


class SegmentMember(Base):
    """A customer is in a segment, since its rule was last found to hold."""

    __tablename__ = "segment_member"
    __table_args__ = (
        ForeignKeyConstraint(
            ["brand_id", "segment_id"], ["segment.brand_id", "segment.segment_id"]
        ),
        Index(None, "brand_id", "customer_id"),
    )

    brand_id: Mapped[BrandKey]
    segment_id: Mapped[IdKey]
    customer_id: Mapped[IdKey]
    entered_at: Mapped[Now]


class SegmentChange(Base):
    """A customer entered or left a segment."""

    __tablename__ = "segment_change"
    __table_args__ = (Index(None, "brand_id", "customer_id", "at"),)

    brand_id: Mapped[BrandKey]
    segment_id: Mapped[IdKey]
    at: Mapped[InstantKey]
    customer_id: Mapped[IdKey]
    entered: Mapped[bool]
