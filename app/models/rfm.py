"""The cut points that customers are scored by: quintiles, counted at night, or the brand's own."""

from datetime import datetime

from sqlalchemy import BigInteger, DateTime, Integer
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, BigInt, BrandKey, Instant


class RfmCut(Base):
    """The cut points of one brand: four of each, ascending, or none.

    `recency` (of last_paid_at), `frequency` (of purchase_days) and `monetary` (of net) are the
    quintiles over the `customers` who had bought at `computed_at`. The `own_…` ones, all three or
    none, are what the brand has set instead.
    """

    __tablename__ = "rfm_cut"

    brand_id: Mapped[BrandKey]
    recency: Mapped[list[datetime] | None] = mapped_column(ARRAY(DateTime(timezone=True)))
    frequency: Mapped[list[int] | None] = mapped_column(ARRAY(BigInteger))
    monetary: Mapped[list[int] | None] = mapped_column(ARRAY(BigInteger))
    customers: Mapped[BigInt] = mapped_column(server_default="0")
    computed_at: Mapped[Instant | None]
    own_recency_days: Mapped[list[int] | None] = mapped_column(ARRAY(Integer))
    own_frequency: Mapped[list[int] | None] = mapped_column(ARRAY(BigInteger))
    own_monetary: Mapped[list[int] | None] = mapped_column(ARRAY(BigInteger))
    own_since: Mapped[Instant | None]
