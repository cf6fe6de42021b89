"""Rebuilds that are under way, and what workers derived in the meantime."""

from sqlalchemy.orm import Mapped

from app.models.base import Base, BrandKey, DateKey, IdKey, Now


class Rebuild(Base):
    """A brand whose derived tables are being made anew beside the live ones."""

    __tablename__ = "rebuild"

    brand_id: Mapped[BrandKey]
    started_at: Mapped[Now]


class Rederived(Base):
    """What was taken off a queue while a rebuild ran: it is derived once more before the swap.

    `kind` is customer (`key`; `start` is -infinity) or one of DirtySum.
    """

    __tablename__ = "rederived"

    brand_id: Mapped[BrandKey]
    kind: Mapped[IdKey]
    key: Mapped[IdKey]
    start: Mapped[DateKey]
