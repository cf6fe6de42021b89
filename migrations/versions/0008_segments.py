"""segments, who is in them, and who entered or left."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0008"
down_revision: str | None = "0007"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

BRANDED = ("segment", "segment_member", "segment_change")


def upgrade() -> None:
    op.create_table(
        "segment",
        sa.Column("brand_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("segment_id", sa.Text(collation="C"), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("rule", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("created_by", sa.Text(collation="C"), nullable=False),
        sa.Column(
            "changed_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("refreshed_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("brand_id", "segment_id", name=op.f("pk_segment")),
    )
    op.create_table(
        "segment_member",
        sa.Column("brand_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("segment_id", sa.Text(collation="C"), nullable=False),
        sa.Column("customer_id", sa.Text(collation="C"), nullable=False),
        sa.Column(
            "entered_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["brand_id", "segment_id"],
            ["segment.brand_id", "segment.segment_id"],
            name=op.f("fk_segment_member_segment"),
        ),
        sa.PrimaryKeyConstraint(
            "brand_id", "segment_id", "customer_id", name=op.f("pk_segment_member")
        ),
    )
    op.create_index(
        op.f("ix_segment_member_brand_id_customer_id"),
        "segment_member",
        ["brand_id", "customer_id"],
        unique=False,
    )
    op.create_table(
        "segment_change",
        sa.Column("brand_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("segment_id", sa.Text(collation="C"), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("customer_id", sa.Text(collation="C"), nullable=False),
        sa.Column("entered", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint(
            "brand_id", "segment_id", "at", "customer_id", name=op.f("pk_segment_change")
        ),
    )
    op.create_index(
        op.f("ix_segment_change_brand_id_customer_id_at"),
        "segment_change",
        ["brand_id", "customer_id", "at"],
        unique=False,
    )
    for table in BRANDED:
        op.execute(f"ALTER TABLE {table} ALTER COLUMN brand_id SET STATISTICS 0")


def downgrade() -> None:
    op.drop_table("segment_change")
    op.drop_table("segment_member")
    op.drop_table("segment")
