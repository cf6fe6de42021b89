"""Derived sums, by local day and longer: read by the questions about the present.

Each row is counted anew from its rows, never added to. Written by derive alone. `grain` is day,
week (ISO, by its Monday) or month, `start` the first local date.
"""

from sqlalchemy import Boolean, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, BigInt, BrandKey, DateKey, IdKey, Now, Total


class SaleSum(Base):
    """GMV orders paid in a day or month, by what they are credited to.

    `dimension` says what `key` is: cell, group, note (with the creator that the order names in
    `creator_id`), live (that the order names) or source_kind; '' is none. `refunded` is what of
    `gmv` was given back by now; `paid_back` what was given back in the period, whenever paid
    (cell and group alone).
    """

    __tablename__ = "sale_sum"
    __table_args__ = (Index(None, "brand_id", "grain", "start", "dimension"),)

    brand_id: Mapped[BrandKey]
    dimension: Mapped[IdKey]
    grain: Mapped[IdKey]
    start: Mapped[DateKey]
    key: Mapped[IdKey]
    creator_id: Mapped[IdKey]
    orders: Mapped[BigInt]
    matched: Mapped[BigInt]
    gmv: Mapped[Total]
    refunded: Mapped[Total]
    paid_back: Mapped[Total]


class PurchaseSum(Base):
    """Purchase days of customers in a day or month, by the purchase day before.

    `kind`: bought (all of them; `previous` is -infinity), first (nothing before), own (by the day
    before, counted by the purchase's own segment), previous (the same, by the segment of the one
    before), second_previous (by the day before that one, by the segment of the one before).
    `again`: whether there was a second purchase on the day whose segment counts.
    """

    __tablename__ = "purchase_sum"
    __table_args__ = (Index(None, "brand_id", "grain", "kind", "previous", "start"),)

    brand_id: Mapped[BrandKey]
    grain: Mapped[IdKey]
    kind: Mapped[IdKey]
    start: Mapped[DateKey]
    previous: Mapped[DateKey]
    in_group: Mapped[bool] = mapped_column(Boolean, primary_key=True)
    again: Mapped[bool] = mapped_column(Boolean, primary_key=True)
    customers: Mapped[BigInt]


class GroupSum(Base):
    """What went on in a group in a day, week or month; there is no row where nothing did.

    `came` less `went` changes the customers present: those there at the end of the period, were
    it the first instant after it, less those there at its first instant. `arrivals` are customers
    who came inside of it and had not been there before in it. See ActivityRow for the others.
    """

    __tablename__ = "group_sum"
    __table_args__ = (
        Index(None, "brand_id", "grain", "start"),
        Index(
            "ix_group_sum_busy",
            "brand_id",
            "start",
            "group_id",
            postgresql_where=text("grain = 'day' AND messages >= 20"),
        ),
    )

    brand_id: Mapped[BrandKey]
    group_id: Mapped[IdKey]
    grain: Mapped[IdKey]
    start: Mapped[DateKey]
    joins: Mapped[BigInt]
    leaves: Mapped[BigInt]
    came: Mapped[BigInt]
    went: Mapped[BigInt]
    arrivals: Mapped[BigInt]
    messages: Mapped[BigInt]
    speakers: Mapped[BigInt]
    speaking_members: Mapped[BigInt]


class LiveSum(Base):
    """Viewers, joins and orders of a live; there is no row where there are none."""

    __tablename__ = "live_sum"

    brand_id: Mapped[BrandKey]
    live_id: Mapped[IdKey]
    viewers: Mapped[BigInt]
    group_viewers: Mapped[BigInt]
    joins: Mapped[BigInt]
    orders: Mapped[BigInt]
    gmv: Mapped[Total]
    member_orders: Mapped[BigInt]
    member_gmv: Mapped[Total]


class DirtySum(Base):
    """Sums that must be counted anew; projection and derive insert, derive deletes.

    `kind`: day (sales and purchases of the local day `start`), group (the months and weeks of
    `key` that begin in the month `start`), live (`key`; `start` is -infinity).
    """

    __tablename__ = "dirty_sum"
    __table_args__ = ({"postgresql_with": {"autovacuum_vacuum_scale_factor": "0.05"}},)

    brand_id: Mapped[BrandKey]
    kind: Mapped[IdKey]
    key: Mapped[IdKey]
    start: Mapped[DateKey]
    since: Mapped[Now]


class Horizon(Base):
    """The latest time that an event of the brand tells of; written by projection.

    As of any later instant all that is known has happened, and the sums of the present hold.
    """

    __tablename__ = "horizon"

    brand_id: Mapped[BrandKey]
    latest_at: Mapped[Now]
