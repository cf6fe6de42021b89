"""Tenants and who may speak for them: brands, API keys, webhook sources."""

from datetime import date

from sqlalchemy import BigInteger, CheckConstraint, ForeignKeyConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import (
    Base,
    BigInt,
    BrandKey,
    Bytes,
    IdKey,
    Instant,
    Now,
    Texts,
)


class Brand(Base):
    """One tenant with the settings its numbers depend on; written by cli and api/brand."""

    __tablename__ = "brand"
    __table_args__ = (
        CheckConstraint("identity_mode IN ('shared', 'separate')", name="identity_mode"),
        CheckConstraint("touch_hours BETWEEN 0 AND 8760", name="touch_hours"),
        CheckConstraint("live_grace_hours BETWEEN 0 AND 8760", name="live_grace_hours"),
        CheckConstraint("message_text_days BETWEEN 1 AND 36500", name="message_text_days"),
        CheckConstraint("raw_event_days BETWEEN 1 AND 36500", name="raw_event_days"),
    )

    brand_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    name: Mapped[str]
    timezone: Mapped[str] = mapped_column(server_default="Asia/Shanghai")
    currency: Mapped[str] = mapped_column(server_default="CNY")
    identity_mode: Mapped[str] = mapped_column(server_default="shared")
    touch_hours: Mapped[int] = mapped_column(server_default="24")
    live_grace_hours: Mapped[int] = mapped_column(server_default="2")
    message_text_days: Mapped[int | None]
    raw_event_days: Mapped[int | None]
    created_at: Mapped[Now]


class ApiKey(Base):
    """A key of the REST API: only its SHA-256 is kept; `key_id` is its readable prefix."""

    __tablename__ = "api_key"
    __table_args__ = (ForeignKeyConstraint(["brand_id"], ["brand.brand_id"]),)

    brand_id: Mapped[BrandKey]
    key_id: Mapped[IdKey]
    sha256: Mapped[Bytes]
    name: Mapped[str]
    scopes: Mapped[Texts]
    created_at: Mapped[Now]
    revoked_at: Mapped[Instant | None]


class WebhookSource(Base):
    """A configured sender of webhooks; during a rotation the old secret lives on for a while."""

    __tablename__ = "webhook_source"
    __table_args__ = (ForeignKeyConstraint(["brand_id"], ["brand.brand_id"]),)

    brand_id: Mapped[BrandKey]
    source_id: Mapped[IdKey]
    name: Mapped[str]
    secret: Mapped[str]
    old_secret: Mapped[str | None]
    old_secret_until: Mapped[Instant | None]
    created_at: Mapped[Now]


class OversizedIntake(Base):
    """How many bodies of a source were refused for their size: counted, never stored."""

    __tablename__ = "oversized_intake"

    brand_id: Mapped[BrandKey]
    source: Mapped[IdKey]
    seen: Mapped[BigInt]
    last_seen: Mapped[Now]


class Calendar(Base):
    """The instant at which each local day of a time zone begins (the earliest of that date).

    A reference table, filled from the time zone database of the application, because
    PostgreSQL's AT TIME ZONE takes the later of two local midnights.
    """

    __tablename__ = "calendar"

    timezone: Mapped[IdKey]
    starts_at: Mapped[Instant] = mapped_column(primary_key=True)
    day: Mapped[date]
