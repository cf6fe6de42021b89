"""Facts of people: members, identities, and the links that make them one customer."""

from sqlalchemy import Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, BrandKey, Bytes, Id, IdKey, Json


class Member(Base):
    """What is known of a platform community user.

    The phone lies sealed in `phone_cipher` (the JSON of a text) and is found by `phone_index`;
    `phone` is what the release before stored, until a worker has sealed it.
    """

    __tablename__ = "member"
    __table_args__ = (
        Index(
            "ix_member_phone",
            "brand_id",
            "phone_index",
            postgresql_where=text("phone_index IS NOT NULL"),
        ),
    )

    brand_id: Mapped[BrandKey]
    member_id: Mapped[IdKey]
    nickname: Mapped[str | None]
    phone: Mapped[str | None]
    phone_cipher: Mapped[Bytes | None]
    phone_index: Mapped[Bytes | None]
    attributes: Mapped[Json | None]
    stamps: Mapped[Json] = mapped_column(JSONB, server_default=text("'{}'"))


class Identity(Base):
    """A member id or buyer id that some event names, and the customer it belongs to.

    `customer_id` is a function of the links alone: the smallest `m:<member id>` of the linked
    identities or, where none of them is a member, the smallest `b:<buyer id>`.
    """

    __tablename__ = "identity"
    __table_args__ = (Index(None, "brand_id", "customer_id"),)

    brand_id: Mapped[BrandKey]
    space: Mapped[IdKey]
    id: Mapped[IdKey]
    customer_id: Mapped[Id]


class IdentityLink(Base):
    """A statement that a member id and a buyer id are one person."""

    __tablename__ = "identity_link"
    __table_args__ = (Index(None, "brand_id", "buyer_id"),)

    brand_id: Mapped[BrandKey]
    member_id: Mapped[IdKey]
    buyer_id: Mapped[IdKey]
