"""The audit log: who did what that somebody may have to answer for."""

from sqlalchemy import BigInteger, Index
from sqlalchemy.dialects.postgresql import JSON
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, BigInt, BrandKey, Bytes, Id, Instant, Json


class AuditHead(Base):
    """The end of a brand's log: the number and hash of its last entry."""

    __tablename__ = "audit_head"

    brand_id: Mapped[BrandKey]
    seq: Mapped[BigInt]
    hash: Mapped[Bytes]


class AuditEntry(Base):
    """One entry; its hash covers its content and the hash of the one before.

    `detail` is json, not jsonb, which would write numbers otherwise than they were hashed.
    """

    __tablename__ = "audit_entry"
    __table_args__ = (
        Index(None, "brand_id", "at", "seq"),
        Index(None, "brand_id", "actor", "at", "seq"),
        Index(None, "brand_id", "action", "at", "seq"),
    )

    brand_id: Mapped[BrandKey]
    seq: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    at: Mapped[Instant]
    actor: Mapped[Id]
    action: Mapped[Id]
    subject: Mapped[Id]
    detail: Mapped[Json] = mapped_column(JSON)
    hash: Mapped[Bytes]
