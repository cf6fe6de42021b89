"""what is known of each customer at a glance."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0006"
down_revision: str | None = "0005"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

BRANDED = ("customer",)


def upgrade() -> None:
    op.create_table(
        "customer",
        sa.Column("brand_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("customer_id", sa.Text(collation="C"), nullable=False),
        sa.Column("is_member", sa.Boolean(), nullable=False),
        sa.Column("first_joined_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("first_group_id", sa.Text(collation="C"), nullable=True),
        sa.Column("first_note_id", sa.Text(collation="C"), nullable=True),
        sa.Column("memberships", sa.BigInteger(), nullable=False),
        sa.Column("open_memberships", sa.BigInteger(), nullable=False),
        sa.Column("orders", sa.BigInteger(), nullable=False),
        sa.Column("gmv", sa.Numeric(), nullable=False),
        sa.Column("refunded", sa.Numeric(), nullable=False),
        sa.Column("net", sa.Numeric(), nullable=False),
        sa.Column("purchases", sa.BigInteger(), nullable=False),
        sa.Column("purchase_days", sa.BigInteger(), nullable=False),
        sa.Column("first_paid_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_paid_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("brand_id", "customer_id", name=op.f("pk_customer")),
    )
    op.create_index(
        op.f("ix_customer_brand_id_first_joined_at_customer_id"),
        "customer",
        ["brand_id", "first_joined_at", "customer_id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_customer_brand_id_first_note_id_customer_id"),
        "customer",
        ["brand_id", "first_note_id", "customer_id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_customer_brand_id_first_paid_at_customer_id"),
        "customer",
        ["brand_id", "first_paid_at", "customer_id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_customer_brand_id_last_paid_at_customer_id"),
        "customer",
        ["brand_id", "last_paid_at", "customer_id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_customer_brand_id_net_customer_id"),
        "customer",
        ["brand_id", "net", "customer_id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_customer_brand_id_purchase_days_customer_id"),
        "customer",
        ["brand_id", "purchase_days", "customer_id"],
        unique=False,
    )
    for table in BRANDED:
        op.execute(f"ALTER TABLE {table} ALTER COLUMN brand_id SET STATISTICS 0")
    op.execute("INSERT INTO dirty_brand (brand_id) SELECT brand_id FROM brand")


def downgrade() -> None:
    op.drop_table("customer")
