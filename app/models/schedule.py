"""What is done by the clock: when each brand's jobs are due, and what the nightly check found."""

from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import (
    Base,
    BigInt,
    BrandKey,
    IdKey,
    Instant,
    InstantKey,
    Now,
    Texts,
)


class Schedule(Base):
    """When a job of a brand is due next; a worker has it in hand by the lock on its row.

    `timezone` is the brand's as the job last found it.
    """

    __tablename__ = "schedule"

    brand_id: Mapped[BrandKey]
    job: Mapped[IdKey]
    next_due_at: Mapped[Now]
    last_done_at: Mapped[Instant | None]
    timezone: Mapped[str | None]


class Verification(Base):
    """One nightly check of derived rows: how many customers, how many rows that are wrong.

    `lines` has the first of them in words, `wrong` their customers, who are looked at again.
    """

    __tablename__ = "verification"

    brand_id: Mapped[BrandKey]
    ran_at: Mapped[InstantKey]
    customers: Mapped[BigInt]
    differences: Mapped[BigInt]
    lines: Mapped[Texts]
    wrong: Mapped[Texts] = mapped_column(server_default="{}")
