"""What operators write of people: tags, remarks, follow-up tasks.

Each is written of an identity (space `member` or `buyer`, and id) and is its customer's as long
as that identity is: a merge shows it with the other's, and undoing the merge gives it back.
"""

from sqlalchemy import ForeignKeyConstraint, Index, UniqueConstraint
from sqlalchemy.orm import Mapped

from app.models.base import Base, BrandKey, Id, IdKey, Instant, Now


class TagGroup(Base):
    """Tags that belong together, such as levels."""

    __tablename__ = "tag_group"
    __table_args__ = (UniqueConstraint("brand_id", "name"),)

    brand_id: Mapped[BrandKey]
    tag_group_id: Mapped[IdKey]
    name: Mapped[str]
    created_at: Mapped[Now]


class Tag(Base):
    """A mark that operators give to customers."""

    __tablename__ = "tag"
    __table_args__ = (
        ForeignKeyConstraint(
            ["brand_id", "tag_group_id"], ["tag_group.brand_id", "tag_group.tag_group_id"]
        ),
        UniqueConstraint(
            *("brand_id", "tag_group_id", "name"),
            name="uq_tag_name",
            postgresql_nulls_not_distinct=True,
        ),
    )

    brand_id: Mapped[BrandKey]
    tag_id: Mapped[IdKey]
    tag_group_id: Mapped[Id | None]
    name: Mapped[str]
    created_at: Mapped[Now]


class Tagging(Base):
    """An identity has a tag."""

    __tablename__ = "tagging"
    __table_args__ = (
        ForeignKeyConstraint(["brand_id", "tag_id"], ["tag.brand_id", "tag.tag_id"]),
        Index(None, "brand_id", "space", "id"),
    )

    brand_id: Mapped[BrandKey]
    tag_id: Mapped[IdKey]
    space: Mapped[IdKey]
    id: Mapped[IdKey]
    tagged_at: Mapped[Now]
    tagged_by: Mapped[Id]


class Remark(Base):
    """What an operator noted of somebody."""

    __tablename__ = "remark"
    __table_args__ = (Index(None, "brand_id", "space", "id", "made_at"),)

    brand_id: Mapped[BrandKey]
    remark_id: Mapped[IdKey]
    space: Mapped[Id]
    id: Mapped[Id]
    text: Mapped[str]
    made_at: Mapped[Now]
    made_by: Mapped[Id]
    changed_at: Mapped[Instant | None]


class Task(Base):
    """Something to follow up with somebody; open without `done_at`."""

    __tablename__ = "task"
    __table_args__ = (
        Index(None, "brand_id", "space", "id"),
        Index(None, "brand_id", "due_at", "task_id"),
        Index(None, "brand_id", "assignee", "due_at", "task_id"),
    )

    brand_id: Mapped[BrandKey]
    task_id: Mapped[IdKey]
    space: Mapped[Id]
    id: Mapped[Id]
    title: Mapped[str]
    assignee: Mapped[Id | None]
    due_at: Mapped[Instant | None]
    done_at: Mapped[Instant | None]
    done_by: Mapped[Id | None]
    made_at: Mapped[Now]
    made_by: Mapped[Id]
