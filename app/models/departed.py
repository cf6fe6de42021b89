"""What remains of a brand that was deleted."""

from sqlalchemy import text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, BigInt, BrandKey, Bytes, Instant, Json, Now


class DepartedBrand(Base):
    """That there was a brand of this number, when it was deleted, and how many rows it had.

    `audit_seq` and `audit_hash` are the end of its audit log: a copy of the log kept elsewhere can
    be proved by them. Neither its name nor anything of its people is kept.
    """

    __tablename__ = "departed_brand"

    brand_id: Mapped[BrandKey]
    started_at: Mapped[Now]
    finished_at: Mapped[Instant | None]
    rows: Mapped[Json] = mapped_column(JSONB, server_default=text("'{}'"))
    audit_seq: Mapped[BigInt] = mapped_column(server_default="0")
    audit_hash: Mapped[Bytes | None]
