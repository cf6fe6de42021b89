"""Facts of the shop: orders and refunds."""

from sqlalchemy import Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, BrandKey, Id, IdKey, Instant, Json, Money


class ShopOrder(Base):
    """An order; it exists as soon as any event names it and is unpaid without `paid_at`."""

    __tablename__ = "shop_order"
    __table_args__ = (
        Index(None, "brand_id", "buyer_id"),
        Index(None, "brand_id", "paid_at", "order_id"),
        Index(None, "brand_id", "placed_at", "order_id"),
        Index(None, "brand_id", "amount", "order_id"),
        Index(
            "ix_shop_order_of_live",
            "brand_id",
            text("(touch ->> 'live_id')"),
            postgresql_where=text("(touch ->> 'live_id') IS NOT NULL"),
        ),
    )

    brand_id: Mapped[BrandKey]
    order_id: Mapped[IdKey]
    buyer_id: Mapped[Id | None]
    amount: Mapped[Money | None]
    currency: Mapped[str | None]
    kind: Mapped[str | None]
    original_order_id: Mapped[Id | None]
    items: Mapped[Json | None]
    touch: Mapped[Json | None]
    placed_at: Mapped[Instant | None]
    paid_at: Mapped[Instant | None]
    cancelled_at: Mapped[Instant | None]
    completed_at: Mapped[Instant | None]
    stamps: Mapped[Json] = mapped_column(JSONB, server_default=text("'{}'"))


class Refund(Base):
    """A refund: the latest event gives its amount, the earliest its time."""

    __tablename__ = "refund"

    brand_id: Mapped[BrandKey]
    order_id: Mapped[IdKey]
    refund_id: Mapped[IdKey]
    amount: Mapped[Money | None]
    reason: Mapped[str | None]
    refunded_at: Mapped[Instant | None]
    stamps: Mapped[Json] = mapped_column(JSONB, server_default=text("'{}'"))
