"""Facts of people: members, identities, and the links that make them one customer."""

from sqlalchemy import Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, BrandKey, Id, IdKey, Instant, Json, Now, search_index


class Member(Base):
    """What is known of a platform community user."""

    __tablename__ = "member"
    __table_args__ = (
        search_index("member", "nickname"),
        Index(
            "ix_member_same_phone",
            *("brand_id", text("md5(phone)"), "member_id"),
            postgresql_where=text("phone IS NOT NULL"),
        ),
    )

    brand_id: Mapped[BrandKey]
    member_id: Mapped[IdKey]
    nickname: Mapped[str | None]
    phone: Mapped[str | None]
    attributes: Mapped[Json | None]
    stamps: Mapped[Json] = mapped_column(JSONB, server_default=text("'{}'"))


class Identity(Base):
    """A member id or buyer id that some event names, and the customer it belongs to.

    `customer_id` is a function of the links and of operators' merges alone: the smallest
    `m:<member id>` of the identities that they join or, where none of them is a member, the
    smallest `b:<buyer id>`.
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


class IdentityMerge(Base):
    """An operator's statement that two identities are one person, until it is undone.

    `kind` is `link` for a member id and a buyer id that were linked as such, else `merge`.
    """

    __tablename__ = "identity_merge"
    __table_args__ = (
        Index(None, "brand_id", "made_at", "merge_id"),
        Index(None, "brand_id", "one_id"),
        Index(None, "brand_id", "other_id"),
    )

    brand_id: Mapped[BrandKey]
    merge_id: Mapped[IdKey]
    kind: Mapped[str]
    one_space: Mapped[Id]
    one_id: Mapped[Id]
    other_space: Mapped[Id]
    other_id: Mapped[Id]
    reason: Mapped[str | None]
    made_at: Mapped[Now]
    made_by: Mapped[Id]
    undone_at: Mapped[Instant | None]
    undone_by: Mapped[Id | None]


class IdentityDismissal(Base):
    """An operator's word that two identities are not to be suggested as one person again.

    The one is the smaller by (space, id).
    """

    __tablename__ = "identity_dismissal"

    brand_id: Mapped[BrandKey]
    one_space: Mapped[IdKey]
    one_id: Mapped[IdKey]
    other_space: Mapped[IdKey]
    other_id: Mapped[IdKey]
    made_at: Mapped[Now]
    made_by: Mapped[Id]
