"""tags, remarks and tasks."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0007"
down_revision: str | None = "0006"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

BRANDED = ("tag_group", "tag", "tagging", "remark", "task")


def upgrade() -> None:
    op.create_table(
        "tag_group",
        sa.Column("brand_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("tag_group_id", sa.Text(collation="C"), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("brand_id", "tag_group_id", name=op.f("pk_tag_group")),
    )
    op.create_table(
        "tag",
        sa.Column("brand_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("tag_id", sa.Text(collation="C"), nullable=False),
        sa.Column("tag_group_id", sa.Text(collation="C"), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["brand_id", "tag_group_id"],
            ["tag_group.brand_id", "tag_group.tag_group_id"],
            name=op.f("fk_tag_tag_group"),
        ),
        sa.PrimaryKeyConstraint("brand_id", "tag_id", name=op.f("pk_tag")),
    )
    op.create_table(
        "tagging",
        sa.Column("brand_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("tag_id", sa.Text(collation="C"), nullable=False),
        sa.Column("space", sa.Text(collation="C"), nullable=False),
        sa.Column("id", sa.Text(collation="C"), nullable=False),
        sa.Column(
            "tagged_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.Column("tagged_by", sa.Text(collation="C"), nullable=False),
        sa.ForeignKeyConstraint(
            ["brand_id", "tag_id"], ["tag.brand_id", "tag.tag_id"], name=op.f("fk_tagging_tag")
        ),
        sa.PrimaryKeyConstraint("brand_id", "tag_id", "space", "id", name=op.f("pk_tagging")),
    )
    op.create_index(
        op.f("ix_tagging_brand_id_space_id"), "tagging", ["brand_id", "space", "id"], unique=False
    )
    op.create_table(
        "remark",
        sa.Column("brand_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("remark_id", sa.Text(collation="C"), nullable=False),
        sa.Column("space", sa.Text(collation="C"), nullable=False),
        sa.Column("id", sa.Text(collation="C"), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column(
            "made_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.Column("made_by", sa.Text(collation="C"), nullable=False),
        sa.PrimaryKeyConstraint("brand_id", "remark_id", name=op.f("pk_remark")),
    )
    op.create_index(
        op.f("ix_remark_brand_id_space_id_made_at"),
        "remark",
        ["brand_id", "space", "id", "made_at"],
        unique=False,
    )
    op.create_table(
        "task",
        sa.Column("brand_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("task_id", sa.Text(collation="C"), nullable=False),
        sa.Column("space", sa.Text(collation="C"), nullable=False),
        sa.Column("id", sa.Text(collation="C"), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("assignee", sa.Text(collation="C"), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("done_by", sa.Text(collation="C"), nullable=True),
        sa.Column(
            "made_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.Column("made_by", sa.Text(collation="C"), nullable=False),
        sa.PrimaryKeyConstraint("brand_id", "task_id", name=op.f("pk_task")),
    )
    op.create_index(
        op.f("ix_task_brand_id_due_at_task_id"),
        "task",
        ["brand_id", "due_at", "task_id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_task_brand_id_space_id"), "task", ["brand_id", "space", "id"], unique=False
    )
    for table in BRANDED:
        op.execute(f"ALTER TABLE {table} ALTER COLUMN brand_id SET STATISTICS 0")


def downgrade() -> None:
    op.drop_table("task")
    op.drop_table("remark")
    op.drop_table("tagging")
    op.drop_table("tag")
    op.drop_table("tag_group")
