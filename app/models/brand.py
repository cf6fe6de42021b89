"""Tenants and who may speak for them: brands, API keys, webhook sources."""

from datetime import date

from sqlalchemy import BigInteger, Boolean, CheckConstraint, ForeignKeyConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import (
    Base,
    BigInt,
    BrandKey,
    Bytes,
    Id,
    IdKey,
    Instant,
    Now,
    Texts,
)


class Brand(Base):
    """One tenant with the settings its numbers depend on; written by cli and api/brand.

    Weeks that fell due after `export_since` are exported by the clock.
    """

    __tablename__ = "brand"
    __table_args__ = (
        CheckConstraint("identity_mode IN ('shared', 'separate')", name="identity_mode"),
        CheckConstraint("touch_hours BETWEEN 0 AND 8760", name="touch_hours"),
        CheckConstraint("live_grace_hours BETWEEN 0 AND 8760", name="live_grace_hours"),
        CheckConstraint("lifecycle_new_days BETWEEN 1 AND 3650", name="lifecycle_new_days"),
        CheckConstraint(
            "lifecycle_active_days BETWEEN 1 AND lifecycle_lapsed_days - 1"
            " AND lifecycle_lapsed_days <= 3650",
            name="lifecycle_days",
        ),
        CheckConstraint("message_text_days BETWEEN 1 AND 36500", name="message_text_days"),
        CheckConstraint("raw_event_days BETWEEN 1 AND 36500", name="raw_event_days"),
        CheckConstraint("export_weekday BETWEEN 1 AND 7", name="export_weekday"),
        CheckConstraint("export_time ~ '^([01][0-9]|2[0-3]):[0-5][0-9]$'", name="export_time"),
        CheckConstraint("export_language IN ('zh-CN', 'en')", name="export_language"),
        CheckConstraint("export_days BETWEEN 1 AND 36500", name="export_days"),
        CheckConstraint(
            "export_threshold_basis_points BETWEEN 0 AND 10000",
            name="export_threshold_basis_points",
        ),
    )

    brand_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    name: Mapped[str]
    timezone: Mapped[str] = mapped_column(server_default="Asia/Shanghai")
    currency: Mapped[str] = mapped_column(server_default="CNY")
    identity_mode: Mapped[str] = mapped_column(server_default="shared")
    touch_hours: Mapped[int] = mapped_column(server_default="24")
    live_grace_hours: Mapped[int] = mapped_column(server_default="2")
    lifecycle_new_days: Mapped[int] = mapped_column(server_default="30")
    lifecycle_active_days: Mapped[int] = mapped_column(server_default="90")
    lifecycle_lapsed_days: Mapped[int] = mapped_column(server_default="180")
    message_text_days: Mapped[int | None]
    raw_event_days: Mapped[int | None]
    export_since: Mapped[Now]
    export_weekly: Mapped[bool] = mapped_column(Boolean, server_default="true")
    export_weekday: Mapped[int] = mapped_column(server_default="1")
    export_time: Mapped[str] = mapped_column(server_default="06:00")
    export_language: Mapped[str] = mapped_column(server_default="zh-CN")
    export_days: Mapped[int | None] = mapped_column(server_default="400")
    export_threshold_basis_points: Mapped[int] = mapped_column(server_default="0")
    created_at: Mapped[Now]


class ApiKey(Base):
    """A key of the REST API: only its SHA-256 is kept; `key_id` is its readable prefix.

    `replaces` is the key whose successor it is; that one ends when its overlap is over.
    """

    __tablename__ = "api_key"
    __table_args__ = (ForeignKeyConstraint(["brand_id"], ["brand.brand_id"]),)

    brand_id: Mapped[BrandKey]
    key_id: Mapped[IdKey]
    sha256: Mapped[Bytes]
    name: Mapped[str]
    scopes: Mapped[Texts]
    created_at: Mapped[Now]
    revoked_at: Mapped[Instant | None]
    lifetime_days: Mapped[int | None]
    expires_at: Mapped[Instant | None]
    last_used_at: Mapped[Instant | None]
    created_by: Mapped[Id | None]
    replaces: Mapped[Id | None]


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
