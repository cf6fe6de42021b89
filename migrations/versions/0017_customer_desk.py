"""when each member last spoke, cut points of RFM, days of the lifecycle."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0017"
down_revision: str | None = "0016"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

BRANDED = ("member_speech", "rfm_cut")

DAYS = {
    "lifecycle_new_days": "30",
    "lifecycle_active_days": "90",
    "lifecycle_lapsed_days": "180",
}


def upgrade() -> None:
    op.create_table(
        "member_speech",
        sa.Column("brand_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("member_id", sa.Text(collation="C"), nullable=False),
        sa.Column("last_spoke_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("brand_id", "member_id", name=op.f("pk_member_speech")),
    )
    op.create_table(
        "rfm_cut",
        sa.Column("brand_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("recency", postgresql.ARRAY(sa.DateTime(timezone=True)), nullable=True),
        sa.Column("frequency", postgresql.ARRAY(sa.BigInteger()), nullable=True),
        sa.Column("monetary", postgresql.ARRAY(sa.BigInteger()), nullable=True),
        sa.Column("customers", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("computed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("own_recency_days", postgresql.ARRAY(sa.Integer()), nullable=True),
        sa.Column("own_frequency", postgresql.ARRAY(sa.BigInteger()), nullable=True),
        sa.Column("own_monetary", postgresql.ARRAY(sa.BigInteger()), nullable=True),
        sa.Column("own_since", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("brand_id", name=op.f("pk_rfm_cut")),
    )
    for table in BRANDED:
        op.execute(f"ALTER TABLE {table} ALTER COLUMN brand_id SET STATISTICS 0")
    for name, days in DAYS.items():
        op.add_column("brand", sa.Column(name, sa.Integer(), server_default=days, nullable=False))
    op.create_check_constraint(
        op.f("ck_brand_lifecycle_new_days"), "brand", "lifecycle_new_days BETWEEN 1 AND 3650"
    )
    op.create_check_constraint(
        op.f("ck_brand_lifecycle_days"),
        "brand",
        "lifecycle_active_days BETWEEN 1 AND lifecycle_lapsed_days - 1"
        " AND lifecycle_lapsed_days <= 3650",
    )
    op.create_index(
        "ix_membership_left",
        "membership",
        ["brand_id", "member_id", "left_at"],
        unique=False,
        postgresql_where=sa.text("left_at IS NOT NULL"),
    )
    op.execute(
        "INSERT INTO member_speech (brand_id, member_id, last_spoke_at)"
        " SELECT brand_id, member_id, max(sent_at) FROM message"
        " WHERE member_id IS NOT NULL AND sent_at IS NOT NULL GROUP BY brand_id, member_id"
    )


def downgrade() -> None:
    op.drop_index("ix_membership_left", table_name="membership")
    op.drop_constraint(op.f("ck_brand_lifecycle_days"), "brand", type_="check")
    op.drop_constraint(op.f("ck_brand_lifecycle_new_days"), "brand", type_="check")
    for name in DAYS:
        op.drop_column("brand", name)
    for table in BRANDED:
        op.drop_table(table)
