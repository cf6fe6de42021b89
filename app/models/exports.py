"""Exports: the weekly files, and others that were asked for; and what became of each."""

from datetime import date

from sqlalchemy import Boolean, Index, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import (
    Base,
    BigInt,
    BrandKey,
    Id,
    IdKey,
    Instant,
    Json,
    Now,
    SmallInt,
)


class Export(Base):
    """One run of an export; `asked` says what of, and how it is written.

    `state` goes from queued by running to done, unchanged, failed or cancelled. `week` is the ISO
    week of a weekly export (as 2026-W46), all of whose revisions have one `as_of`; a run that did
    not become a revision has none. `scheduled_for` is the instant at which the clock asked for it.
    The worker that writes it is its `holder` until `leased_until`; a brand has one running at a
    time. `manifest` names the files, which lie at `prefix` until `removed_at`. `lists_people`: some
    of them name people, and `erased_at` is when somebody was last erased whom they may name.
    """

    __tablename__ = "export"
    __table_args__ = (
        UniqueConstraint("brand_id", "kind", "week", "revision"),
        Index(None, "brand_id", "created_at", "export_id"),
        Index(
            "uq_export_running",
            "brand_id",
            unique=True,
            postgresql_where=text("state = 'running'"),
        ),
        Index(
            "ix_export_open",
            *("brand_id", "created_at"),
            postgresql_where=text("state IN ('queued', 'running')"),
        ),
    )

    brand_id: Mapped[BrandKey]
    export_id: Mapped[IdKey]
    kind: Mapped[str]
    week: Mapped[Id | None]
    revision: Mapped[SmallInt | None]
    first_day: Mapped[date | None]
    end_day: Mapped[date | None]
    as_of: Mapped[Instant]
    language: Mapped[str]
    asked: Mapped[Json] = mapped_column(JSONB)
    state: Mapped[str]
    created_at: Mapped[Now]
    created_by: Mapped[Id]
    scheduled_for: Mapped[Instant | None]
    not_before: Mapped[Now]
    started_at: Mapped[Instant | None]
    finished_at: Mapped[Instant | None]
    holder: Mapped[str | None]
    leased_until: Mapped[Instant | None]
    attempts: Mapped[SmallInt] = mapped_column(server_default="0")
    step: Mapped[str | None]
    percent: Mapped[SmallInt] = mapped_column(server_default="0")
    rows_written: Mapped[BigInt] = mapped_column(server_default="0")
    previous_id: Mapped[Id | None]
    prefix: Mapped[str | None]
    manifest: Mapped[Json | None] = mapped_column(JSONB(none_as_null=True))
    moved: Mapped[Json | None] = mapped_column(JSONB(none_as_null=True))
    lists_people: Mapped[bool] = mapped_column(Boolean, server_default="false")
    erased_at: Mapped[Instant | None]
    expires_at: Mapped[Instant | None]
    removed_at: Mapped[Instant | None]
    removed_why: Mapped[str | None]
    code: Mapped[str | None]
    detail: Mapped[str | None]
