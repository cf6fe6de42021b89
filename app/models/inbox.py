"""What came in and what is still to be done with it: events, queues, dead letters, leases."""

from sqlalchemy import BigInteger, Index, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import (
    Base,
    BigInt,
    BrandKey,
    Bytes,
    Id,
    IdKey,
    InstantKey,
    Now,
    SmallInt,
)


class EventIdentity(Base):
    """The identity of every accepted event, for ever: makes a repeat harmless.

    A hash of 16 bytes is plain, one of 17 keyed, since its content could be found by trying.
    """

    __tablename__ = "event_identity"

    brand_id: Mapped[BrandKey]
    source: Mapped[IdKey]
    event_id: Mapped[IdKey]
    content_hash: Mapped[Bytes]


class Event(Base):
    """An accepted event as it came, but for phones, which are sealed (app/ingest/phones.py).

    `event_no` grows with the time of its arrival. `raw` is '' where its time to be kept is over.
    Months that were detached are in hongqun_detached.event (app/core/partitions.py).
    """

    __tablename__ = "event"
    __table_args__ = ({"postgresql_partition_by": "RANGE (event_no)"},)

    brand_id: Mapped[BrandKey]
    event_no: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    source: Mapped[Id]
    event_id: Mapped[Id]
    raw: Mapped[str]
    received_at: Mapped[Now]


class PendingEvent(Base):
    """An accepted event that is not in the facts yet; ingest inserts, projection deletes."""

    __tablename__ = "pending_event"
    __table_args__ = ({"postgresql_with": {"autovacuum_vacuum_scale_factor": "0.05"}},)

    brand_id: Mapped[BrandKey]
    event_no: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    attempts: Mapped[SmallInt] = mapped_column(server_default="0")
    next_attempt_at: Mapped[Now]
    last_error: Mapped[str | None]


class WorkLease(Base):
    """Which worker has a brand's queues in hand; a fencing row for its transactions.

    `crashes` counts holders that vanished in the middle of a batch, so that the next one
    takes smaller batches and isolates the event that kills workers.
    """

    __tablename__ = "work_lease"

    brand_id: Mapped[BrandKey]
    holder: Mapped[str | None]
    leased_until: Mapped[Now]
    served_at: Mapped[Now]
    crashes: Mapped[SmallInt] = mapped_column(server_default="0")


class DeadLetter(Base):
    """What could not be accepted or projected: raw text and reason, kept 90 days.

    The text is sealed, as it may hold anything; one of the release before is not, until a worker
    has done it.
    """

    __tablename__ = "dead_letter"
    __table_args__ = (
        UniqueConstraint("brand_id", "source", "raw_hash"),
        Index(None, "brand_id", "last_seen"),
    )

    brand_id: Mapped[BrandKey]
    dead_letter_id: Mapped[int] = mapped_column(
        BigInteger, primary_key=True, server_default=text("nextval('dead_letter_no')")
    )
    source: Mapped[Id]
    fallback_id: Mapped[str | None] = mapped_column(Text(collation="C"))
    raw: Mapped[Bytes]
    sealed: Mapped[bool] = mapped_column(server_default="false")
    raw_hash: Mapped[Bytes]
    code: Mapped[str]
    field: Mapped[str | None]
    detail: Mapped[str]
    event_no: Mapped[int | None] = mapped_column(BigInteger)
    seen: Mapped[BigInt] = mapped_column(server_default="1")
    first_seen: Mapped[Now]
    last_seen: Mapped[Now]


class DirtyCustomer(Base):
    """A customer whose credits must be derived anew; projection inserts, derive deletes.

    `cause` is a list of up to five of the events, or merges, that ask for it, null where it was
    none.
    """

    __tablename__ = "dirty_customer"
    __table_args__ = ({"postgresql_with": {"autovacuum_vacuum_scale_factor": "0.05"}},)

    brand_id: Mapped[BrandKey]
    customer_id: Mapped[IdKey]
    since: Mapped[Now]
    cause: Mapped[list[dict[str, str]] | None] = mapped_column(JSONB)


class DirtyBrand(Base):
    """A setting that was changed: every customer of the brand is to be derived anew."""

    __tablename__ = "dirty_brand"

    brand_id: Mapped[BrandKey]
    since: Mapped[InstantKey] = mapped_column(server_default=text("clock_timestamp()"))
