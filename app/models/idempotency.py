"""Requests that were sent with an Idempotency-Key, and what they were answered."""

from uuid import UUID

from sqlalchemy import Index, SmallInteger
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, BrandKey, Bytes, IdKey, Json, Now


class IdempotentRequest(Base):
    """One key of an actor: in flight, carried out, or answered; kept for 24 hours.

    `claim` is the attempt that has it in hand. `carried_out` is set in the transaction of the
    effect. The last four are of the answer; `fingerprint` covers the route and the body.
    """

    __tablename__ = "idempotent_request"
    __table_args__ = (Index(None, "brand_id", "claimed_at"),)

    brand_id: Mapped[BrandKey]
    actor: Mapped[IdKey]
    key: Mapped[IdKey]
    claim: Mapped[UUID]
    claimed_at: Mapped[Now]
    carried_out: Mapped[bool] = mapped_column(server_default="false")
    fingerprint: Mapped[Bytes | None]
    status: Mapped[int | None] = mapped_column(SmallInteger)
    headers: Mapped[Json | None]
    body: Mapped[Bytes | None]
