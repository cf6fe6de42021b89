"""Derived rows: what each order counts as, where, and which purchases follow each other.

Written by derive alone.
"""

from datetime import date

from sqlalchemy import Index, SmallInteger, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, BrandKey, DateKey, Id, IdKey, Instant, Money


class OrderCredit(Base):
    """One GMV order: its customer, cell, credits and refunds.

    `cell` is decided at `paid_at`. `refunded` is capped at the amount; `refunded_until` is the
    time of the last refund and `fully_refunded_at` the instant at which nothing was left.
    `first_joined_at` dates the membership that gave `first_note_id`. `live_id` is the live that
    the order counts for: the one that it names or, where it names none, one that was viewed.
    """

    __tablename__ = "order_credit"
    __table_args__ = (
        Index(None, "brand_id", "paid_at"),
        Index(None, "brand_id", "paid_day"),
        Index(None, "brand_id", "customer_id", "paid_at"),
        Index(None, "brand_id", "group_id", "paid_at"),
        Index(None, "brand_id", "note_id", "paid_at"),
        Index(
            "ix_order_credit_of_creator",
            *("brand_id", "touch_creator_id", "paid_at"),
            postgresql_where=text("touch_creator_id IS NOT NULL"),
        ),
        Index(
            "ix_order_credit_refunded",
            *("brand_id", "paid_at"),
            postgresql_where=text("refunded > 0"),
        ),
        Index(
            "ix_order_credit_near_joining",
            "brand_id",
            "first_joined_at",
            "customer_id",
            postgresql_include=["paid_at", "paid_day", "amount", "fully_refunded_at"],
            postgresql_where=text(
                "paid_at - first_joined_at >= INTERVAL '-90 days'"
                " AND paid_at - first_joined_at <= INTERVAL '90 days'"
            ),
        ),
        Index(
            "ix_order_credit_of_live",
            "brand_id",
            "live_id",
            postgresql_where=text("live_id IS NOT NULL"),
        ),
    )

    brand_id: Mapped[BrandKey]
    order_id: Mapped[IdKey]
    customer_id: Mapped[Id]
    paid_at: Mapped[Instant]
    paid_day: Mapped[date]
    amount: Mapped[Money]
    refunded: Mapped[Money]
    refunded_until: Mapped[Instant | None]
    fully_refunded_at: Mapped[Instant | None]
    matched: Mapped[bool]
    cell: Mapped[str]
    group_id: Mapped[Id | None]
    note_id: Mapped[Id | None]
    first_note_id: Mapped[Id | None]
    first_joined_at: Mapped[Instant | None]
    touch_creator_id: Mapped[Id | None]
    touch_live_id: Mapped[Id | None]
    live_id: Mapped[Id | None]
    source_kind: Mapped[str | None]
    touch_kind: Mapped[str | None]
    click_event_id: Mapped[Id | None]
    click_source: Mapped[Id | None]
    membership_member_id: Mapped[str | None] = mapped_column(Text(collation="C"))
    membership_joined_at: Mapped[Instant | None]
    membership_n: Mapped[int | None] = mapped_column(SmallInteger)


class RefundCredit(Base):
    """One refund of a GMV order as it moves money: capped so that no order goes below 0."""

    __tablename__ = "refund_credit"
    __table_args__ = (
        Index(None, "brand_id", "refunded_at"),
        Index(None, "brand_id", "refunded_day"),
        Index(None, "brand_id", "customer_id"),
    )

    brand_id: Mapped[BrandKey]
    order_id: Mapped[IdKey]
    refund_id: Mapped[IdKey]
    customer_id: Mapped[Id]
    refunded_at: Mapped[Instant]
    refunded_day: Mapped[date | None]
    amount: Mapped[Money]
    paid_at: Mapped[Instant]
    cell: Mapped[str]
    group_id: Mapped[Id | None]


class PurchaseDay(Base):
    """The purchases of one customer on one local day, linked to those before and after.

    The row tells of the first of them (time, order, cell, credit); `again_at` is the time of the
    second on that day. `previous_…` and `second_previous_day` are the customer's purchase days
    before, `next_…` the one after. What is fully refunded by now is no purchase.
    """

    __tablename__ = "purchase_day"
    __table_args__ = (
        Index(
            "ix_purchase_day_days",
            "brand_id",
            "day",
            postgresql_include=[
                *("customer_id", "in_group", "previous_day", "previous_in_group"),
                "second_previous_day",
            ],
        ),
        Index(
            "ix_purchase_day_first",
            "brand_id",
            "day",
            postgresql_include=[
                *("paid_at", "again_at", "next_at", "in_group"),
                *("group_id", "note_id", "touch_creator_id"),
            ],
            postgresql_where=text("previous_day IS NULL"),
        ),
    )

    brand_id: Mapped[BrandKey]
    customer_id: Mapped[IdKey]
    day: Mapped[DateKey]
    paid_at: Mapped[Instant]
    order_id: Mapped[Id]
    again_at: Mapped[Instant | None]
    in_group: Mapped[bool]
    group_id: Mapped[Id | None]
    note_id: Mapped[Id | None]
    touch_creator_id: Mapped[Id | None]
    previous_day: Mapped[date | None]
    previous_in_group: Mapped[bool | None]
    previous_again: Mapped[bool | None]
    second_previous_day: Mapped[date | None]
    next_at: Mapped[Instant | None]
    next_day: Mapped[date | None]
