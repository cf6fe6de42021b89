"""Personal data: the secrets that seal it, what became of the erased, and how far upkeep is."""

from sqlalchemy import Index, LargeBinary
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, BigInt, BrandKey, Bytes, Id, IdKey, Instant, Json, Now


class EncryptionKey(Base):
    """A key that secrets were wrapped by: its id, so that no host begins one of its own."""

    __tablename__ = "encryption_key"

    key_id: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)


class WrappedSecret(Base):
    """The secret of a brand, wrapped by the installation's key (app/core/brand_secret.py)."""

    __tablename__ = "brand_secret"

    brand_id: Mapped[BrandKey]
    wrapped: Mapped[Bytes]
    made_at: Mapped[Now]


class Tombstone(Base):
    """An erased id: a keyed hash of it, and the surrogate that stands for it in all facts."""

    __tablename__ = "tombstone"
    __table_args__ = (Index(None, "brand_id", "surrogate"),)

    brand_id: Mapped[BrandKey]
    digest: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    surrogate: Mapped[Id]


class Erasure(Base):
    """That somebody was erased, without saying who: `customer_id` is of the surrogate.

    Until `finished_at` stored events and dead letters are still gone through, up to
    `scrubbed_to`; `sealed_ids` has what to look for, sealed, and goes when that is done.
    """

    __tablename__ = "erasure"
    __table_args__ = (Index(None, "brand_id", "made_at", "erasure_id"),)

    brand_id: Mapped[BrandKey]
    erasure_id: Mapped[IdKey]
    customer_id: Mapped[Id]
    made_at: Mapped[Now]
    made_by: Mapped[Id]
    reason: Mapped[str]
    counts: Mapped[Json] = mapped_column(JSONB)
    sealed_ids: Mapped[Bytes | None]
    scrubbed_to: Mapped[BigInt] = mapped_column(server_default="0")
    finished_at: Mapped[Instant | None]


class Upkeep(Base):
    """How far a brand's stored events were gone through.

    Those up to `emptied_to` have lost their payload by the brand's retention. Events up to
    `seal_until` may have been stored by a release that kept phones in the clear, and are sealed
    up to `sealed_to`.
    """

    __tablename__ = "upkeep"

    brand_id: Mapped[BrandKey]
    emptied_to: Mapped[BigInt] = mapped_column(server_default="0")
    sealed_to: Mapped[BigInt] = mapped_column(server_default="0")
    seal_until: Mapped[BigInt] = mapped_column(server_default="0")
