"""Derived rows: what followed each joining of a group. Written by derive alone."""

from datetime import date

from sqlalchemy import BigInteger, Index, SmallInteger, text
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, BrandKey, Id, IdKey, Instant, InstantKey


class Joining(Base):
    """One membership that lasted, its customer, and what the customer did from then on.

    `spoke_on` has bit n set where the customer spoke in the group on the n-th local day after
    `joined_day` (0 to 62). `first_spoke_at`, `bought_at` are the first message in the group and
    the first purchase from the joining on, `bought_again_at` the first on a later local day.

    Of overlapping memberships of one customer in one group the pieces `present_from` to
    `left_at` do not overlap: null where others cover all of it. `present_before` is until when
    those before it reached. `is_first`: the customer's first membership of all.
    """

    __tablename__ = "joining"
    __table_args__ = (
        Index(None, "brand_id", "joined_at"),
        Index(
            "ix_joining_days",
            "brand_id",
            "joined_day",
            "left_day",
            postgresql_include=["spoke_on", "group_id", "note_id"],
        ),
        Index(None, "brand_id", "customer_id", "group_id"),
        Index(None, "brand_id", "member_id"),
        Index(None, "brand_id", "group_id", "joined_at"),
        Index(None, "brand_id", "group_id", "present_from"),
        Index(None, "brand_id", "group_id", "left_at"),
        Index(
            "ix_joining_of_live",
            "brand_id",
            "live_id",
            postgresql_where=text("live_id IS NOT NULL"),
        ),
        Index(
            "ix_joining_first",
            "brand_id",
            "joined_at",
            postgresql_where=text("is_first"),
        ),
    )

    brand_id: Mapped[BrandKey]
    group_id: Mapped[IdKey]
    member_id: Mapped[IdKey]
    joined_at: Mapped[InstantKey]
    n: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    customer_id: Mapped[Id]
    joined_day: Mapped[date]
    left_at: Mapped[Instant | None]
    left_day: Mapped[date | None]
    source_kind: Mapped[str | None]
    note_id: Mapped[Id | None]
    live_id: Mapped[Id | None]
    is_first: Mapped[bool]
    present_from: Mapped[Instant | None]
    present_before: Mapped[Instant | None]
    first_spoke_at: Mapped[Instant | None]
    spoke_on: Mapped[int] = mapped_column(BigInteger)
    bought_at: Mapped[Instant | None]
    bought_day: Mapped[date | None]
    bought_again_at: Mapped[Instant | None]
