"""Segments: saved rules over customers, and who is in them."""

from sqlalchemy import ForeignKeyConstraint, Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import (
    Base,
    BigInt,
    BrandKey,
    Id,
    IdKey,
    Instant,
    InstantKey,
    Json,
    Now,
    Texts,
)


class Segment(Base):
    """A rule that picks customers, and how many it picks.

    `reads`: what the rule reads beside what is derived. `clock`: what its members were wholly
    counted under beside the facts, the local day among it; null where they must be counted anew.
    `refreshed_at`: when they were, or when the last of them entered or left.
    """

    __tablename__ = "segment"

    brand_id: Mapped[BrandKey]
    segment_id: Mapped[IdKey]
    name: Mapped[str]
    rule: Mapped[Json] = mapped_column(JSONB)
    created_at: Mapped[Now]
    created_by: Mapped[Id]
    changed_at: Mapped[Now]
    refreshed_at: Mapped[Instant | None]
    reads: Mapped[Texts] = mapped_column(server_default=text("'{}'"))
    clock: Mapped[str | None]
    members: Mapped[BigInt] = mapped_column(server_default="0")


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


class DirtySegment(Base):
    """A customer whom something changed touches; '' is everybody.

    `touched`: facts (whatever is derived), messages, profile, tags or notes; or rule, where a
    segment is to be counted wholly. Projection, derive
    and crm insert, where the brand has a segment that reads it; crm/segments deletes.
    """

    __tablename__ = "dirty_segment"
    __table_args__ = ({"postgresql_with": {"autovacuum_vacuum_scale_factor": "0.05"}},)

    brand_id: Mapped[BrandKey]
    customer_id: Mapped[IdKey]
    touched: Mapped[IdKey]
    since: Mapped[Now]
