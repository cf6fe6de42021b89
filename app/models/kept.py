"""Kept numbers: what was counted for each closed period, and what it was before it moved."""

from datetime import date
from decimal import Decimal
from typing import Annotated

from sqlalchemy import Date, Numeric
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import (
    Base,
    BrandKey,
    IdKey,
    Instant,
    Now,
)

VersionKey = Annotated[int, mapped_column(primary_key=True, autoincrement=False)]
DateKey = Annotated[date, mapped_column(Date, primary_key=True)]
Exact = Annotated[Decimal, mapped_column(Numeric)]
"""A number as it was counted or divided; exact."""


class KeptNumber(Base):
    """One number of one closed day, ISO week or month of the brand's time zone, as last counted.

    value = numerator / denominator, null where there is nothing to divide by. A new time zone or
    rule version begins a series of its own beside the old one.
    """

    __tablename__ = "kept_number"

    brand_id: Mapped[BrandKey]
    timezone: Mapped[IdKey]
    rule_version: Mapped[VersionKey]
    grain: Mapped[IdKey]
    series: Mapped[IdKey]
    start: Mapped[DateKey]
    as_of: Mapped[Instant]
    value: Mapped[Exact | None]
    numerator: Mapped[Exact | None]
    denominator: Mapped[Exact | None]
    revision: Mapped[int]
    kept_at: Mapped[Instant]


class KeptRevision(Base):
    """What a kept number was before it moved, and the events on which it moved.

    `cause` is a list of up to five of them.
    """

    __tablename__ = "kept_revision"

    brand_id: Mapped[BrandKey]
    timezone: Mapped[IdKey]
    rule_version: Mapped[VersionKey]
    grain: Mapped[IdKey]
    series: Mapped[IdKey]
    start: Mapped[DateKey]
    revision: Mapped[VersionKey]
    value: Mapped[Exact | None]
    numerator: Mapped[Exact | None]
    denominator: Mapped[Exact | None]
    kept_at: Mapped[Instant]
    replaced_at: Mapped[Instant]
    cause: Mapped[list[dict[str, str]]] = mapped_column(JSONB)


class StalePeriod(Base):
    """A closed period of which a number may have moved; derive inserts, kept deletes.

    `reach` says which: `day` the numbers of what was paid in the period, `cohort` those of the
    customers who first bought in it. `touched_at` is new with each change.
    """

    __tablename__ = "stale_period"
    __table_args__ = ({"postgresql_with": {"autovacuum_vacuum_scale_factor": "0.05"}},)

    brand_id: Mapped[BrandKey]
    grain: Mapped[IdKey]
    start: Mapped[DateKey]
    reach: Mapped[IdKey]
    cause: Mapped[list[dict[str, str]]] = mapped_column(JSONB)
    since: Mapped[Now]
    touched_at: Mapped[Now]
