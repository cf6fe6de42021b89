"""Derived rows: what is known of each customer at a glance. Written by derive alone."""

from sqlalchemy import Index
from sqlalchemy.orm import Mapped

from app.models.base import Base, BigInt, BrandKey, Id, IdKey, Instant, Total


class Customer(Base):
    """One customer (the rows of `identity` that share a customer_id) and what it did.

    `is_member`: it has a member identity. Memberships are those that lasted; the first of all
    gave `first_joined_at`, `first_group_id` and `first_note_id`, and `open_memberships` is how
    many are open. `orders` and `gmv` are of GMV orders, `refunded` what was refunded of them;
    `purchases` those with an amount and not fully refunded, on `purchase_days` local days, the
    first and the last paid at `first_paid_at` and `last_paid_at`. `net` is a bigint, for under
    row-level security PostgreSQL compares no numeric by an index.
    """

    __tablename__ = "customer"
    __table_args__ = (
        Index(None, "brand_id", "first_joined_at", "customer_id"),
        Index(None, "brand_id", "first_paid_at", "customer_id"),
        Index(None, "brand_id", "last_paid_at", "customer_id"),
        Index(None, "brand_id", "net", "customer_id"),
        Index(None, "brand_id", "purchase_days", "customer_id"),
        Index(None, "brand_id", "first_note_id", "customer_id"),
    )

    brand_id: Mapped[BrandKey]
    customer_id: Mapped[IdKey]
    is_member: Mapped[bool]
    first_joined_at: Mapped[Instant | None]
    first_group_id: Mapped[Id | None]
    first_note_id: Mapped[Id | None]
    memberships: Mapped[BigInt]
    open_memberships: Mapped[BigInt]
    orders: Mapped[BigInt]
    gmv: Mapped[Total]
    refunded: Mapped[Total]
    net: Mapped[BigInt]
    purchases: Mapped[BigInt]
    purchase_days: Mapped[BigInt]
    first_paid_at: Mapped[Instant | None]
    last_paid_at: Mapped[Instant | None]
