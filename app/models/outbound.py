"""What is told to others: webhook endpoints, messages, their deliveries; and alarms of numbers."""

from decimal import Decimal
from typing import Annotated

from sqlalchemy import Boolean, ForeignKeyConstraint, Index, Numeric, text
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import (
    Base,
    BigInt,
    BrandKey,
    Bytes,
    DateKey,
    Id,
    IdKey,
    Instant,
    Now,
    SmallInt,
    Texts,
)

Exact = Annotated[Decimal, mapped_column(Numeric)]
AttemptKey = Annotated[int, mapped_column(primary_key=True, autoincrement=False)]


class WebhookEndpoint(Base):
    """Where messages of some types go, and the secret that signs them.

    During a rotation the old secret signs too. Where `off_at` is set nothing is sent: `off_code`
    says why, `failing` after the last try of a message, `gone` after an answer of 410.
    """

    __tablename__ = "webhook_endpoint"
    __table_args__ = (ForeignKeyConstraint(["brand_id"], ["brand.brand_id"]),)

    brand_id: Mapped[BrandKey]
    endpoint_id: Mapped[IdKey]
    url: Mapped[str]
    name: Mapped[str]
    types: Mapped[Texts]
    secret: Mapped[str]
    old_secret: Mapped[str | None]
    old_secret_until: Mapped[Instant | None]
    created_at: Mapped[Now]
    created_by: Mapped[Id]
    off_at: Mapped[Instant | None]
    off_code: Mapped[str | None]
    off_detail: Mapped[str | None]


class WebhookMessage(Base):
    """What is told, once: `body` has the very bytes that are signed and sent."""

    __tablename__ = "webhook_message"
    __table_args__ = (Index(None, "brand_id", "created_at", "message_id"),)

    brand_id: Mapped[BrandKey]
    message_id: Mapped[IdKey]
    type: Mapped[str]
    body: Mapped[Bytes]
    created_at: Mapped[Now]


class WebhookDelivery(Base):
    """A message on its way to an endpoint: pending until delivered, failed or stopped.

    `step` is how many tries the present round had, `attempts` how many there were in all. Who has
    it in hand holds it until `leased_until`.
    """

    __tablename__ = "webhook_delivery"
    __table_args__ = (
        Index(None, "brand_id", "endpoint_id", "created_at", "message_id"),
        Index(
            "ix_webhook_delivery_pending",
            *("brand_id", "endpoint_id", "next_at"),
            postgresql_where=text("state = 'pending'"),
        ),
    )

    brand_id: Mapped[BrandKey]
    endpoint_id: Mapped[IdKey]
    message_id: Mapped[IdKey]
    state: Mapped[str] = mapped_column(server_default="pending")
    step: Mapped[SmallInt] = mapped_column(server_default="0")
    attempts: Mapped[int] = mapped_column(server_default="0")
    created_at: Mapped[Now]
    next_at: Mapped[Instant | None] = mapped_column(server_default=text("now()"))
    holder: Mapped[str | None]
    leased_until: Mapped[Instant | None]
    ended_at: Mapped[Instant | None]


class WebhookAttempt(Base):
    """One try: `code` is what came of it, null while it is under way.

    `answer` has the first characters of what the receiver answered.
    """

    __tablename__ = "webhook_attempt"

    brand_id: Mapped[BrandKey]
    endpoint_id: Mapped[IdKey]
    message_id: Mapped[IdKey]
    n: Mapped[AttemptKey]
    at: Mapped[Now]
    code: Mapped[str | None]
    status: Mapped[SmallInt | None]
    took_ms: Mapped[BigInt | None]
    detail: Mapped[str | None]
    answer: Mapped[str | None]


class MetricAlarm(Base):
    """A rule over a kept series: when its number of a closed period is worth a message."""

    __tablename__ = "metric_alarm"
    __table_args__ = (Index(None, "brand_id", "created_at", "alarm_id"),)

    brand_id: Mapped[BrandKey]
    alarm_id: Mapped[IdKey]
    name: Mapped[str]
    series: Mapped[str]
    grain: Mapped[str]
    condition: Mapped[str]
    threshold: Mapped[Exact]
    enabled: Mapped[bool] = mapped_column(Boolean, server_default="true")
    created_at: Mapped[Now]
    created_by: Mapped[Id]


class AlarmFiring(Base):
    """That an alarm fired for a period, once, and on which number.

    `before` is the number of the period before, where the rule compares with it. The rule is kept
    as it was then.
    """

    __tablename__ = "alarm_firing"

    brand_id: Mapped[BrandKey]
    alarm_id: Mapped[IdKey]
    start: Mapped[DateKey]
    value: Mapped[Exact]
    numerator: Mapped[Exact | None]
    denominator: Mapped[Exact | None]
    before: Mapped[Exact | None]
    condition: Mapped[str]
    threshold: Mapped[Exact]
    revision: Mapped[int]
    as_of: Mapped[Instant]
    fired_at: Mapped[Now]
    message_id: Mapped[Id]
