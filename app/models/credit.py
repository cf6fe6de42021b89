"""Derived rows: what each order counts as, and where. Written by derive alone."""

from datetime import date

from sqlalchemy import Index, SmallInteger, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, BrandKey, Id, IdKey, Instant, Money


class OrderCredit(Base):
    """One GMV order: its customer, cell, credits and refunds.

    `cell` is decided at `paid_at`. `refunded` is capped at the amount; `refunded_until` is the
    time of the last refund and `fully_refunded_at` the instant at which nothing was left.
    `first_joined_at` dates the membership that gave `first_note_id`.
    """

    __tablename__ = "order_credit"
    __table_args__ = (
        Index(None, "brand_id", "paid_at"),
        Index(None, "brand_id", "customer_id", "paid_at"),
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
        Index(None, "brand_id", "customer_id"),
    )

    brand_id: Mapped[BrandKey]
    order_id: Mapped[IdKey]
    refund_id: Mapped[IdKey]
    customer_id: Mapped[Id]
    refunded_at: Mapped[Instant]
    amount: Mapped[Money]
    paid_at: Mapped[Instant]
    cell: Mapped[str]
    group_id: Mapped[Id | None]
