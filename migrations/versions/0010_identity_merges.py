"""merges of identities by operators; names of tags are unique; who changed what at the desk."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0010"
down_revision: str | None = "0009"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

BRANDED = ("identity_merge", "identity_dismissal")


def upgrade() -> None:
    op.create_table(
        "identity_merge",
        sa.Column("brand_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("merge_id", sa.Text(collation="C"), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("one_space", sa.Text(collation="C"), nullable=False),
        sa.Column("one_id", sa.Text(collation="C"), nullable=False),
        sa.Column("other_space", sa.Text(collation="C"), nullable=False),
        sa.Column("other_id", sa.Text(collation="C"), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column(
            "made_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.Column("made_by", sa.Text(collation="C"), nullable=False),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("undone_by", sa.Text(collation="C"), nullable=True),
        sa.PrimaryKeyConstraint("brand_id", "merge_id", name=op.f("pk_identity_merge")),
    )
    op.create_index(
        op.f("ix_identity_merge_brand_id_made_at_merge_id"),
        "identity_merge",
        ["brand_id", "made_at", "merge_id"],
    )
    op.create_index(
        op.f("ix_identity_merge_brand_id_one_id"), "identity_merge", ["brand_id", "one_id"]
    )
    op.create_index(
        op.f("ix_identity_merge_brand_id_other_id"), "identity_merge", ["brand_id", "other_id"]
    )
    op.create_table(
        "identity_dismissal",
        sa.Column("brand_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("one_space", sa.Text(collation="C"), nullable=False),
        sa.Column("one_id", sa.Text(collation="C"), nullable=False),
        sa.Column("other_space", sa.Text(collation="C"), nullable=False),
        sa.Column("other_id", sa.Text(collation="C"), nullable=False),
        sa.Column(
            "made_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.Column("made_by", sa.Text(collation="C"), nullable=False),
        sa.PrimaryKeyConstraint(
            *("brand_id", "one_space", "one_id", "other_space", "other_id"),
            name=op.f("pk_identity_dismissal"),
        ),
    )
    for table in BRANDED:
        op.execute(f"ALTER TABLE {table} ALTER COLUMN brand_id SET STATISTICS 0")
    op.add_column("remark", sa.Column("changed_at", sa.DateTime(timezone=True), nullable=True))
    op.create_unique_constraint(
        op.f("uq_tag_group_brand_id_name"), "tag_group", ["brand_id", "name"]
    )
    op.create_unique_constraint(
        "uq_tag_name",
        "tag",
        ["brand_id", "tag_group_id", "name"],
        postgresql_nulls_not_distinct=True,
    )
    op.create_index(
        op.f("ix_task_brand_id_assignee_due_at_task_id"),
        "task",
        ["brand_id", "assignee", "due_at", "task_id"],
    )


def downgrade() -> None:
    op.drop_index(op.f("ix_task_brand_id_assignee_due_at_task_id"), table_name="task")
    op.drop_constraint("uq_tag_name", "tag", type_="unique")
    op.drop_constraint(op.f("uq_tag_group_brand_id_name"), "tag_group", type_="unique")
    op.drop_column("remark", "changed_at")
    op.drop_table("identity_dismissal")
    op.drop_table("identity_merge")
