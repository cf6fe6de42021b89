"""Imports of sheets: what was uploaded, how far it is read, and what was wrong with its rows."""

from sqlalchemy import BigInteger, Boolean, Index, Integer, SmallInteger, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import (
    Base,
    BigInt,
    BrandKey,
    Bytes,
    Id,
    IdKey,
    Instant,
    Json,
    Now,
    SmallInt,
    Texts,
)


class SheetImport(Base):
    """One import of a CSV or XLSX file; `asked` is how it is to be read.

    `state` goes from uploading by queued and running to done, failed or cancelled. The worker that
    reads it is its `holder` until `leased_until`. `rows_read` is committed with the events of these
    rows, so whoever takes over goes on behind them. A brand has one running at a time.
    """

    __tablename__ = "sheet_import"
    __table_args__ = (
        Index(None, "brand_id", "created_at", "import_id"),
        Index(
            "uq_sheet_import_running",
            "brand_id",
            unique=True,
            postgresql_where=text("state = 'running'"),
        ),
    )

    brand_id: Mapped[BrandKey]
    import_id: Mapped[IdKey]
    kind: Mapped[str]
    name: Mapped[str | None]
    asked: Mapped[Json] = mapped_column(JSONB)
    state: Mapped[str]
    bytes: Mapped[BigInt] = mapped_column(server_default="0")
    created_at: Mapped[Now]
    created_by: Mapped[Id]
    touched_at: Mapped[Now]
    started_at: Mapped[Instant | None]
    finished_at: Mapped[Instant | None]
    holder: Mapped[str | None]
    leased_until: Mapped[Instant | None]
    attempts: Mapped[SmallInt] = mapped_column(server_default="0")
    encoding: Mapped[str | None]
    unknown_headers: Mapped[Texts] = mapped_column(server_default="{}")
    percent: Mapped[SmallInt] = mapped_column(server_default="0")
    rows_read: Mapped[BigInt] = mapped_column(server_default="0")
    accepted: Mapped[BigInt] = mapped_column(server_default="0")
    corrected: Mapped[BigInt] = mapped_column(server_default="0")
    duplicates: Mapped[BigInt] = mapped_column(server_default="0")
    rejected: Mapped[BigInt] = mapped_column(server_default="0")
    events: Mapped[BigInt] = mapped_column(server_default="0")
    counts: Mapped[Json] = mapped_column(JSONB, server_default=text("'{}'"))
    code: Mapped[str | None]
    detail: Mapped[str | None]


class SheetChunk(Base):
    """A piece of an uploaded file, until the import is over."""

    __tablename__ = "sheet_chunk"

    brand_id: Mapped[BrandKey]
    import_id: Mapped[IdKey]
    n: Mapped[int] = mapped_column(Integer, primary_key=True)
    content: Mapped[Bytes]


class SheetProblem(Base):
    """What was wrong with a row (counted as a spreadsheet does: the headers are in row 1).

    A warning did not keep the row out.
    """

    __tablename__ = "sheet_problem"

    brand_id: Mapped[BrandKey]
    import_id: Mapped[IdKey]
    row_no: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    n: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    header: Mapped[str | None]
    code: Mapped[str]
    detail: Mapped[str]
    value: Mapped[str | None]
    warning: Mapped[bool] = mapped_column(Boolean)
