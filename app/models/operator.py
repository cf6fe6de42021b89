"""The people of a brand who work with it, their sessions, and attempts to log in."""

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, BigInt, BrandKey, Bytes, Id, IdKey, Instant, Now


class Operator(Base):
    """Somebody with a login and a role; may not log in from `disabled_at` on."""

    __tablename__ = "operator"
    __table_args__ = (
        ForeignKeyConstraint(["brand_id"], ["brand.brand_id"]),
        UniqueConstraint("brand_id", "login"),
        CheckConstraint("role IN ('owner', 'operator', 'analyst')", name="role"),
    )

    brand_id: Mapped[BrandKey]
    operator_id: Mapped[IdKey]
    login: Mapped[Id]
    name: Mapped[str]
    role: Mapped[str]
    reads_pii: Mapped[bool] = mapped_column(server_default="false")
    password_hash: Mapped[str]
    password_changed_at: Mapped[Now]
    created_at: Mapped[Now]
    last_login_at: Mapped[Instant | None]
    disabled_at: Mapped[Instant | None]


class OperatorSession(Base):
    """A login that goes on: ends at `expires_at`, or when it was not used for a while."""

    __tablename__ = "operator_session"
    __table_args__ = (
        ForeignKeyConstraint(
            ["brand_id", "operator_id"], ["operator.brand_id", "operator.operator_id"]
        ),
        Index(None, "brand_id", "operator_id"),
    )

    brand_id: Mapped[BrandKey]
    session_id: Mapped[IdKey]
    operator_id: Mapped[Id]
    sha256: Mapped[Bytes]
    created_at: Mapped[Now]
    last_used_at: Mapped[Now]
    expires_at: Mapped[Instant]


class LoginAttempt(Base):
    """How often a login was tried in vain since a window began; the empty one is all unknown."""

    __tablename__ = "login_attempt"

    brand_id: Mapped[BrandKey]
    login: Mapped[IdKey]
    attempts: Mapped[BigInt]
    since: Mapped[Instant]


class LoginAddress(Base):
    """The same of an address, whatever brand it asked for."""

    __tablename__ = "login_address"

    address: Mapped[IdKey]
    attempts: Mapped[BigInt]
    since: Mapped[Instant]
