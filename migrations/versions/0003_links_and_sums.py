"""links between purchases, what followed each joining, and sums by day."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0003"
down_revision: str | None = "0002"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

NEW = (
    "dirty_sum",
    "group_sum",
    "horizon",
    "joining",
    "live_sum",
    "purchase_day",
    "purchase_sum",
    "rebuild",
    "rederived",
    "sale_sum",
)


def upgrade() -> None:
    op.create_table(
        "dirty_sum",
        sa.Column("brand_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.Text(collation="C"), nullable=False),
        sa.Column("key", sa.Text(collation="C"), nullable=False),
        sa.Column("start", sa.Date(), nullable=False),
        sa.Column(
            "since", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.PrimaryKeyConstraint("brand_id", "kind", "key", "start", name=op.f("pk_dirty_sum")),
        postgresql_with={"autovacuum_vacuum_scale_factor": "0.05"},
    )
    op.create_table(
        "group_sum",
        sa.Column("brand_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("group_id", sa.Text(collation="C"), nullable=False),
        sa.Column("grain", sa.Text(collation="C"), nullable=False),
        sa.Column("start", sa.Date(), nullable=False),
        sa.Column("joins", sa.BigInteger(), nullable=False),
        sa.Column("leaves", sa.BigInteger(), nullable=False),
        sa.Column("came", sa.BigInteger(), nullable=False),
        sa.Column("went", sa.BigInteger(), nullable=False),
        sa.Column("arrivals", sa.BigInteger(), nullable=False),
        sa.Column("messages", sa.BigInteger(), nullable=False),
        sa.Column("speakers", sa.BigInteger(), nullable=False),
        sa.Column("speaking_members", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint(
            "brand_id", "group_id", "grain", "start", name=op.f("pk_group_sum")
        ),
    )
    op.create_index(
        op.f("ix_group_sum_brand_id_grain_start"),
        "group_sum",
        ["brand_id", "grain", "start"],
        unique=False,
    )
    op.create_table(
        "horizon",
        sa.Column("brand_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column(
            "latest_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.PrimaryKeyConstraint("brand_id", name=op.f("pk_horizon")),
    )
    op.create_table(
        "joining",
        sa.Column("brand_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("group_id", sa.Text(collation="C"), nullable=False),
        sa.Column("member_id", sa.Text(collation="C"), nullable=False),
        sa.Column("joined_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("n", sa.SmallInteger(), nullable=False),
        sa.Column("customer_id", sa.Text(collation="C"), nullable=False),
        sa.Column("joined_day", sa.Date(), nullable=False),
        sa.Column("left_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("left_day", sa.Date(), nullable=True),
        sa.Column("source_kind", sa.Text(), nullable=True),
        sa.Column("note_id", sa.Text(collation="C"), nullable=True),
        sa.Column("live_id", sa.Text(collation="C"), nullable=True),
        sa.Column("is_first", sa.Boolean(), nullable=False),
        sa.Column("present_from", sa.DateTime(timezone=True), nullable=True),
        sa.Column("present_before", sa.DateTime(timezone=True), nullable=True),
        sa.Column("first_spoke_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("spoke_on", sa.BigInteger(), nullable=False),
        sa.Column("bought_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("bought_day", sa.Date(), nullable=True),
        sa.Column("bought_again_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint(
            "brand_id", "group_id", "member_id", "joined_at", "n", name=op.f("pk_joining")
        ),
    )
    op.create_index(
        op.f("ix_joining_brand_id_customer_id_group_id"),
        "joining",
        ["brand_id", "customer_id", "group_id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_joining_brand_id_group_id_joined_at"),
        "joining",
        ["brand_id", "group_id", "joined_at"],
        unique=False,
    )
    op.create_index(
        op.f("ix_joining_brand_id_group_id_present_from"),
        "joining",
        ["brand_id", "group_id", "present_from"],
        unique=False,
    )
    op.create_index(
        op.f("ix_joining_brand_id_member_id"),
        "joining",
        ["brand_id", "member_id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_joining_brand_id_group_id_left_at"),
        "joining",
        ["brand_id", "group_id", "left_at"],
        unique=False,
    )
    op.create_index(
        op.f("ix_joining_brand_id_joined_at"), "joining", ["brand_id", "joined_at"], unique=False
    )
    op.create_index(
        "ix_joining_first",
        "joining",
        ["brand_id", "joined_at"],
        unique=False,
        postgresql_where=sa.text("is_first"),
    )
    op.create_index(
        "ix_joining_of_live",
        "joining",
        ["brand_id", "live_id"],
        unique=False,
        postgresql_where=sa.text("live_id IS NOT NULL"),
    )
    op.create_table(
        "live_sum",
        sa.Column("brand_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("live_id", sa.Text(collation="C"), nullable=False),
        sa.Column("viewers", sa.BigInteger(), nullable=False),
        sa.Column("group_viewers", sa.BigInteger(), nullable=False),
        sa.Column("joins", sa.BigInteger(), nullable=False),
        sa.Column("orders", sa.BigInteger(), nullable=False),
        sa.Column("gmv", sa.Numeric(), nullable=False),
        sa.Column("member_orders", sa.BigInteger(), nullable=False),
        sa.Column("member_gmv", sa.Numeric(), nullable=False),
        sa.PrimaryKeyConstraint("brand_id", "live_id", name=op.f("pk_live_sum")),
    )
    op.create_table(
        "purchase_day",
        sa.Column("brand_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("customer_id", sa.Text(collation="C"), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("paid_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("order_id", sa.Text(collation="C"), nullable=False),
        sa.Column("again_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("in_group", sa.Boolean(), nullable=False),
        sa.Column("group_id", sa.Text(collation="C"), nullable=True),
        sa.Column("note_id", sa.Text(collation="C"), nullable=True),
        sa.Column("touch_creator_id", sa.Text(collation="C"), nullable=True),
        sa.Column("previous_day", sa.Date(), nullable=True),
        sa.Column("previous_in_group", sa.Boolean(), nullable=True),
        sa.Column("previous_again", sa.Boolean(), nullable=True),
        sa.Column("second_previous_day", sa.Date(), nullable=True),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("next_day", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint("brand_id", "customer_id", "day", name=op.f("pk_purchase_day")),
    )
    op.create_index(
        "ix_purchase_day_days",
        "purchase_day",
        ["brand_id", "day"],
        unique=False,
        postgresql_include=[
            "customer_id",
            "in_group",
            "previous_day",
            "previous_in_group",
            "second_previous_day",
        ],
    )
    op.create_index(
        "ix_purchase_day_first",
        "purchase_day",
        ["brand_id", "day"],
        unique=False,
        postgresql_include=[
            *("paid_at", "again_at", "next_at", "in_group"),
            *("group_id", "note_id", "touch_creator_id"),
        ],
        postgresql_where=sa.text("previous_day IS NULL"),
    )
    op.create_table(
        "purchase_sum",
        sa.Column("brand_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("grain", sa.Text(collation="C"), nullable=False),
        sa.Column("kind", sa.Text(collation="C"), nullable=False),
        sa.Column("start", sa.Date(), nullable=False),
        sa.Column("previous", sa.Date(), nullable=False),
        sa.Column("in_group", sa.Boolean(), nullable=False),
        sa.Column("again", sa.Boolean(), nullable=False),
        sa.Column("customers", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint(
            "brand_id",
            "grain",
            "kind",
            "start",
            "previous",
            "in_group",
            "again",
            name=op.f("pk_purchase_sum"),
        ),
    )
    op.create_table(
        "sale_sum",
        sa.Column("brand_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("dimension", sa.Text(collation="C"), nullable=False),
        sa.Column("grain", sa.Text(collation="C"), nullable=False),
        sa.Column("start", sa.Date(), nullable=False),
        sa.Column("key", sa.Text(collation="C"), nullable=False),
        sa.Column("creator_id", sa.Text(collation="C"), nullable=False),
        sa.Column("orders", sa.BigInteger(), nullable=False),
        sa.Column("matched", sa.BigInteger(), nullable=False),
        sa.Column("gmv", sa.Numeric(), nullable=False),
        sa.Column("refunded", sa.Numeric(), nullable=False),
        sa.Column("paid_back", sa.Numeric(), nullable=False),
        sa.PrimaryKeyConstraint(
            "brand_id", "dimension", "grain", "start", "key", "creator_id", name=op.f("pk_sale_sum")
        ),
    )
    op.create_index(
        op.f("ix_sale_sum_brand_id_grain_start_dimension"),
        "sale_sum",
        ["brand_id", "grain", "start", "dimension"],
        unique=False,
    )
    op.add_column("order_credit", sa.Column("touch_live_id", sa.Text(collation="C"), nullable=True))
    op.add_column("order_credit", sa.Column("live_id", sa.Text(collation="C"), nullable=True))
    op.add_column("order_credit", sa.Column("source_kind", sa.Text(), nullable=True))
    op.create_index(
        op.f("ix_order_credit_brand_id_paid_day"),
        "order_credit",
        ["brand_id", "paid_day"],
        unique=False,
    )
    op.create_index(
        "ix_order_credit_of_live",
        "order_credit",
        ["brand_id", "live_id"],
        unique=False,
        postgresql_where=sa.text("live_id IS NOT NULL"),
    )
    op.add_column("refund_credit", sa.Column("refunded_day", sa.Date(), nullable=True))
    op.create_index(
        op.f("ix_refund_credit_brand_id_refunded_day"),
        "refund_credit",
        ["brand_id", "refunded_day"],
        unique=False,
    )
    op.create_index(
        op.f("ix_purchase_sum_brand_id_grain_kind_previous_start"),
        "purchase_sum",
        ["brand_id", "grain", "kind", "previous", "start"],
        unique=False,
    )
    op.create_index(
        "ix_joining_days",
        "joining",
        ["brand_id", "joined_day", "left_day"],
        unique=False,
        postgresql_include=["spoke_on", "group_id", "note_id"],
    )
    op.create_index(
        "ix_order_credit_near_joining",
        "order_credit",
        ["brand_id", "first_joined_at", "customer_id"],
        unique=False,
        postgresql_include=["paid_at", "paid_day", "amount", "fully_refunded_at"],
        postgresql_where=sa.text(
            "paid_at - first_joined_at >= INTERVAL '-90 days'"
            " AND paid_at - first_joined_at <= INTERVAL '90 days'"
        ),
    )
    op.create_index(
        "ix_group_sum_busy",
        "group_sum",
        ["brand_id", "start", "group_id"],
        unique=False,
        postgresql_where=sa.text("grain = 'day' AND messages >= 20"),
    )
    op.create_table(
        "rebuild",
        sa.Column("brand_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column(
            "started_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("brand_id", name=op.f("pk_rebuild")),
    )
    op.create_table(
        "rederived",
        sa.Column("brand_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.Text(collation="C"), nullable=False),
        sa.Column("key", sa.Text(collation="C"), nullable=False),
        sa.Column("start", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("brand_id", "kind", "key", "start", name=op.f("pk_rederived")),
    )
    for table in NEW:
        op.execute(f"ALTER TABLE {table} ALTER COLUMN brand_id SET STATISTICS 0")
    # What brands have already is derived anew by the workers; no event is further in the future.
    op.execute("INSERT INTO dirty_brand (brand_id) SELECT brand_id FROM brand")
    op.execute(
        "INSERT INTO horizon (brand_id, latest_at)"
        " SELECT brand_id, now() + interval '10 minutes' FROM brand"
    )


def downgrade() -> None:
    op.drop_index("ix_order_credit_near_joining", table_name="order_credit")
    op.drop_index("ix_joining_days", table_name="joining")
    op.drop_index("ix_group_sum_busy", table_name="group_sum")
    op.drop_table("rederived")
    op.drop_table("rebuild")
    op.drop_index(op.f("ix_refund_credit_brand_id_refunded_day"), table_name="refund_credit")
    op.drop_column("refund_credit", "refunded_day")
    op.drop_index(
        "ix_order_credit_of_live",
        table_name="order_credit",
        postgresql_where=sa.text("live_id IS NOT NULL"),
    )
    op.drop_index(op.f("ix_order_credit_brand_id_paid_day"), table_name="order_credit")
    op.drop_column("order_credit", "source_kind")
    op.drop_column("order_credit", "live_id")
    op.drop_column("order_credit", "touch_live_id")
    op.drop_index(op.f("ix_sale_sum_brand_id_grain_start_dimension"), table_name="sale_sum")
    op.drop_table("sale_sum")
    op.drop_index(
        op.f("ix_purchase_sum_brand_id_grain_kind_previous_start"), table_name="purchase_sum"
    )
    op.drop_table("purchase_sum")
    op.drop_index(
        "ix_purchase_day_first",
        table_name="purchase_day",
        postgresql_where=sa.text("previous_day IS NULL"),
    )
    op.drop_index("ix_purchase_day_days", table_name="purchase_day")
    op.drop_table("purchase_day")
    op.drop_table("live_sum")
    op.drop_index(
        "ix_joining_of_live", table_name="joining", postgresql_where=sa.text("live_id IS NOT NULL")
    )
    op.drop_index("ix_joining_first", table_name="joining", postgresql_where=sa.text("is_first"))
    op.drop_index(op.f("ix_joining_brand_id_joined_at"), table_name="joining")
    op.drop_index(op.f("ix_joining_brand_id_group_id_left_at"), table_name="joining")
    op.drop_index(op.f("ix_joining_brand_id_group_id_joined_at"), table_name="joining")
    op.drop_index(op.f("ix_joining_brand_id_group_id_present_from"), table_name="joining")
    op.drop_index(op.f("ix_joining_brand_id_member_id"), table_name="joining")
    op.drop_index(op.f("ix_joining_brand_id_customer_id_group_id"), table_name="joining")
    op.drop_table("joining")
    op.drop_table("horizon")
    op.drop_index(op.f("ix_group_sum_brand_id_grain_start"), table_name="group_sum")
    op.drop_table("group_sum")
    op.drop_table("dirty_sum")
