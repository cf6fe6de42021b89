"""initial schema."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0001"
down_revision: str | None = None
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

BRANDED = (
    "api_key",
    "card_click",
    "chat_group",
    "creator",
    "dead_letter",
    "direct_message",
    "dirty_brand",
    "dirty_customer",
    "event",
    "event_identity",
    "identity",
    "identity_link",
    "live",
    "live_end",
    "live_view",
    "member",
    "membership",
    "membership_event",
    "message",
    "note",
    "note_measurement",
    "order_credit",
    "oversized_intake",
    "pending_event",
    "refund",
    "refund_credit",
    "shop_order",
    "webhook_source",
    "work_lease",
)


def upgrade() -> None:
    op.execute("CREATE SEQUENCE event_counter")
    op.execute("CREATE SEQUENCE dead_letter_no")
    op.create_table(
        "brand",
        sa.Column("brand_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("timezone", sa.Text(), server_default="Asia/Shanghai", nullable=False),
        sa.Column("currency", sa.Text(), server_default="CNY", nullable=False),
        sa.Column("identity_mode", sa.Text(), server_default="shared", nullable=False),
        sa.Column("touch_hours", sa.Integer(), server_default="24", nullable=False),
        sa.Column("live_grace_hours", sa.Integer(), server_default="2", nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.CheckConstraint(
            "identity_mode IN ('shared', 'separate')",
            name=op.f("ck_brand_identity_mode"),
        ),
        sa.CheckConstraint(
            "live_grace_hours BETWEEN 0 AND 8760",
            name=op.f("ck_brand_live_grace_hours"),
        ),
        sa.CheckConstraint("touch_hours BETWEEN 0 AND 8760", name=op.f("ck_brand_touch_hours")),
        sa.PrimaryKeyConstraint("brand_id", name=op.f("pk_brand")),
    )
    op.create_table(
        "calendar",
        sa.Column("timezone", sa.Text(collation="C"), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("timezone", "starts_at", name=op.f("pk_calendar")),
    )
    op.create_table(
        "card_click",
        sa.Column("brand_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("event_id", sa.Text(collation="C"), nullable=False),
        sa.Column("event_source", sa.Text(collation="C"), nullable=False),
        sa.Column("group_id", sa.Text(collation="C"), nullable=False),
        sa.Column("member_id", sa.Text(collation="C"), nullable=False),
        sa.Column("clicked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("message_id", sa.Text(collation="C"), nullable=True),
        sa.Column("note_id", sa.Text(collation="C"), nullable=True),
        sa.Column("live_id", sa.Text(collation="C"), nullable=True),
        sa.Column("sku", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("brand_id", "event_id", "event_source", name=op.f("pk_card_click")),
    )
    op.create_index(
        op.f("ix_card_click_brand_id_member_id_clicked_at"),
        "card_click",
        ["brand_id", "member_id", "clicked_at"],
        unique=False,
    )
    op.create_table(
        "chat_group",
        sa.Column("brand_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("group_id", sa.Text(collation="C"), nullable=False),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("capacity", sa.BigInteger(), nullable=True),
        sa.Column("owner_member_id", sa.Text(collation="C"), nullable=True),
        sa.Column(
            "stamps",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("brand_id", "group_id", name=op.f("pk_chat_group")),
    )
    op.create_table(
        "creator",
        sa.Column("brand_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("creator_id", sa.Text(collation="C"), nullable=False),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=True),
        sa.Column("mcn", sa.Text(), nullable=True),
        sa.Column(
            "stamps",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("brand_id", "creator_id", name=op.f("pk_creator")),
    )
    op.create_table(
        "dead_letter",
        sa.Column("brand_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column(
            "dead_letter_id",
            sa.BigInteger(),
            server_default=sa.text("nextval('dead_letter_no')"),
            nullable=False,
        ),
        sa.Column("source", sa.Text(collation="C"), nullable=False),
        sa.Column("fallback_id", sa.Text(collation="C"), nullable=True),
        sa.Column("raw", sa.LargeBinary(), nullable=False),
        sa.Column("raw_hash", sa.LargeBinary(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("field", sa.Text(), nullable=True),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("event_no", sa.BigInteger(), nullable=True),
        sa.Column("seen", sa.BigInteger(), server_default="1", nullable=False),
        sa.Column(
            "first_seen",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column(
            "last_seen",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("brand_id", "dead_letter_id", name=op.f("pk_dead_letter")),
        sa.UniqueConstraint(
            "brand_id",
            "source",
            "raw_hash",
            name=op.f("uq_dead_letter_brand_id_source_raw_hash"),
        ),
    )
    op.create_index(
        op.f("ix_dead_letter_brand_id_last_seen"),
        "dead_letter",
        ["brand_id", "last_seen"],
        unique=False,
    )
    op.create_table(
        "direct_message",
        sa.Column("brand_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("message_id", sa.Text(collation="C"), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("direction", sa.Text(), nullable=True),
        sa.Column("member_id", sa.Text(collation="C"), nullable=True),
        sa.Column("text", sa.Text(), nullable=True),
        sa.Column(
            "stamps",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("brand_id", "message_id", name=op.f("pk_direct_message")),
    )
    op.create_index(
        op.f("ix_direct_message_brand_id_member_id_sent_at"),
        "direct_message",
        ["brand_id", "member_id", "sent_at"],
        unique=False,
    )
    op.create_table(
        "dirty_brand",
        sa.Column("brand_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column(
            "since",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("brand_id", "since", name=op.f("pk_dirty_brand")),
    )
    op.create_table(
        "dirty_customer",
        sa.Column("brand_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("customer_id", sa.Text(collation="C"), nullable=False),
        sa.Column(
            "since",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("brand_id", "customer_id", name=op.f("pk_dirty_customer")),
        postgresql_with={"autovacuum_vacuum_scale_factor": "0.05"},
    )
    op.create_table(
        "event",
        sa.Column("brand_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("event_no", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("source", sa.Text(collation="C"), nullable=False),
        sa.Column("event_id", sa.Text(collation="C"), nullable=False),
        sa.Column("raw", sa.Text(), nullable=False),
        sa.Column(
            "received_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("brand_id", "event_no", name=op.f("pk_event")),
    )
    op.create_table(
        "event_identity",
        sa.Column("brand_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("source", sa.Text(collation="C"), nullable=False),
        sa.Column("event_id", sa.Text(collation="C"), nullable=False),
        sa.Column("content_hash", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("brand_id", "source", "event_id", name=op.f("pk_event_identity")),
    )
    op.create_table(
        "identity",
        sa.Column("brand_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("space", sa.Text(collation="C"), nullable=False),
        sa.Column("id", sa.Text(collation="C"), nullable=False),
        sa.Column("customer_id", sa.Text(collation="C"), nullable=False),
        sa.PrimaryKeyConstraint("brand_id", "space", "id", name=op.f("pk_identity")),
    )
    op.create_index(
        op.f("ix_identity_brand_id_customer_id"),
        "identity",
        ["brand_id", "customer_id"],
        unique=False,
    )
    op.create_table(
        "identity_link",
        sa.Column("brand_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("member_id", sa.Text(collation="C"), nullable=False),
        sa.Column("buyer_id", sa.Text(collation="C"), nullable=False),
        sa.PrimaryKeyConstraint("brand_id", "member_id", "buyer_id", name=op.f("pk_identity_link")),
    )
    op.create_index(
        op.f("ix_identity_link_brand_id_buyer_id"),
        "identity_link",
        ["brand_id", "buyer_id"],
        unique=False,
    )
    op.create_table(
        "live",
        sa.Column("brand_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("live_id", sa.Text(collation="C"), nullable=False),
        sa.Column("title", sa.Text(), nullable=True),
        sa.Column("creator_id", sa.Text(collation="C"), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "stamps",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("brand_id", "live_id", name=op.f("pk_live")),
    )
    op.create_index(
        op.f("ix_live_brand_id_started_at"),
        "live",
        ["brand_id", "started_at"],
        unique=False,
    )
    op.create_table(
        "live_end",
        sa.Column("brand_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("live_id", sa.Text(collation="C"), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("brand_id", "live_id", "ended_at", name=op.f("pk_live_end")),
    )
    op.create_table(
        "live_view",
        sa.Column("brand_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("event_id", sa.Text(collation="C"), nullable=False),
        sa.Column("event_source", sa.Text(collation="C"), nullable=False),
        sa.Column("live_id", sa.Text(collation="C"), nullable=False),
        sa.Column("member_id", sa.Text(collation="C"), nullable=False),
        sa.Column("group_id", sa.Text(collation="C"), nullable=True),
        sa.Column("viewed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("brand_id", "event_id", "event_source", name=op.f("pk_live_view")),
    )
    op.create_index(
        op.f("ix_live_view_brand_id_live_id_viewed_at"),
        "live_view",
        ["brand_id", "live_id", "viewed_at"],
        unique=False,
    )
    op.create_index(
        op.f("ix_live_view_brand_id_member_id_viewed_at"),
        "live_view",
        ["brand_id", "member_id", "viewed_at"],
        unique=False,
    )
    op.create_table(
        "member",
        sa.Column("brand_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("member_id", sa.Text(collation="C"), nullable=False),
        sa.Column("nickname", sa.Text(), nullable=True),
        sa.Column("phone", sa.Text(), nullable=True),
        sa.Column("attributes", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column(
            "stamps",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("brand_id", "member_id", name=op.f("pk_member")),
    )
    op.create_table(
        "membership",
        sa.Column("brand_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("group_id", sa.Text(collation="C"), nullable=False),
        sa.Column("member_id", sa.Text(collation="C"), nullable=False),
        sa.Column("joined_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("n", sa.SmallInteger(), nullable=False),
        sa.Column("left_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("join_inferred", sa.Boolean(), nullable=False),
        sa.Column("leave_inferred", sa.Boolean(), nullable=False),
        sa.Column("leave_reason", sa.Text(), nullable=True),
        sa.Column("source_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("source_kind", sa.Text(), nullable=True),
        sa.Column("note_id", sa.Text(collation="C"), nullable=True),
        sa.Column("live_id", sa.Text(collation="C"), nullable=True),
        sa.Column("inviter_member_id", sa.Text(collation="C"), nullable=True),
        sa.Column("role", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint(
            "brand_id",
            "group_id",
            "member_id",
            "joined_at",
            "n",
            name=op.f("pk_membership"),
        ),
    )
    op.create_index(
        op.f("ix_membership_brand_id_group_id_left_at"),
        "membership",
        ["brand_id", "group_id", "left_at"],
        unique=False,
    )
    op.create_index(
        op.f("ix_membership_brand_id_member_id_joined_at"),
        "membership",
        ["brand_id", "member_id", "joined_at"],
        unique=False,
    )
    op.create_table(
        "membership_event",
        sa.Column("brand_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("group_id", sa.Text(collation="C"), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("event_id", sa.Text(collation="C"), nullable=False),
        sa.Column("event_source", sa.Text(collation="C"), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("member_id", sa.Text(collation="C"), nullable=True),
        sa.Column("member_ids", postgresql.ARRAY(sa.Text()), nullable=True),
        sa.Column("source_kind", sa.Text(), nullable=True),
        sa.Column("note_id", sa.Text(collation="C"), nullable=True),
        sa.Column("live_id", sa.Text(collation="C"), nullable=True),
        sa.Column("inviter_member_id", sa.Text(collation="C"), nullable=True),
        sa.Column("role", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("suspect", sa.Boolean(), server_default="false", nullable=False),
        sa.PrimaryKeyConstraint(
            "brand_id",
            "group_id",
            "at",
            "event_id",
            "event_source",
            name=op.f("pk_membership_event"),
        ),
    )
    op.create_index(
        op.f("ix_membership_event_brand_id_group_id_member_id_at"),
        "membership_event",
        ["brand_id", "group_id", "member_id", "at"],
        unique=False,
    )
    op.create_index(
        "ix_membership_event_of_all",
        "membership_event",
        ["brand_id", "group_id", "at"],
        unique=False,
        postgresql_where=sa.text("member_id IS NULL"),
    )
    op.create_table(
        "message",
        sa.Column("brand_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("group_id", sa.Text(collation="C"), nullable=False),
        sa.Column("message_id", sa.Text(collation="C"), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("recalled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("member_id", sa.Text(collation="C"), nullable=True),
        sa.Column("kind", sa.Text(), nullable=True),
        sa.Column("text", sa.Text(), nullable=True),
        sa.Column("reply_to", sa.Text(collation="C"), nullable=True),
        sa.Column("card", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column(
            "stamps",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("brand_id", "group_id", "message_id", name=op.f("pk_message")),
    )
    op.create_index(
        op.f("ix_message_brand_id_group_id_sent_at"),
        "message",
        ["brand_id", "group_id", "sent_at"],
        unique=False,
    )
    op.create_table(
        "note",
        sa.Column("brand_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("note_id", sa.Text(collation="C"), nullable=False),
        sa.Column("title", sa.Text(), nullable=True),
        sa.Column("url", sa.Text(), nullable=True),
        sa.Column("creator_id", sa.Text(collation="C"), nullable=True),
        sa.Column("group_ids", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("skus", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("views", sa.BigInteger(), nullable=True),
        sa.Column("likes", sa.BigInteger(), nullable=True),
        sa.Column("collects", sa.BigInteger(), nullable=True),
        sa.Column("comments", sa.BigInteger(), nullable=True),
        sa.Column("shares", sa.BigInteger(), nullable=True),
        sa.Column(
            "stamps",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("brand_id", "note_id", name=op.f("pk_note")),
    )
    op.create_index(
        op.f("ix_note_brand_id_creator_id"),
        "note",
        ["brand_id", "creator_id"],
        unique=False,
    )
    op.create_table(
        "note_measurement",
        sa.Column("brand_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("event_id", sa.Text(collation="C"), nullable=False),
        sa.Column("event_source", sa.Text(collation="C"), nullable=False),
        sa.Column("note_id", sa.Text(collation="C"), nullable=False),
        sa.Column("measured_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("views", sa.BigInteger(), nullable=True),
        sa.Column("likes", sa.BigInteger(), nullable=True),
        sa.Column("collects", sa.BigInteger(), nullable=True),
        sa.Column("comments", sa.BigInteger(), nullable=True),
        sa.Column("shares", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint(
            "brand_id", "event_id", "event_source", name=op.f("pk_note_measurement")
        ),
    )
    op.create_index(
        op.f("ix_note_measurement_brand_id_note_id_measured_at"),
        "note_measurement",
        ["brand_id", "note_id", "measured_at"],
        unique=False,
    )
    op.create_table(
        "order_credit",
        sa.Column("brand_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("order_id", sa.Text(collation="C"), nullable=False),
        sa.Column("customer_id", sa.Text(collation="C"), nullable=False),
        sa.Column("paid_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("paid_day", sa.Date(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("refunded", sa.BigInteger(), nullable=False),
        sa.Column("refunded_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("fully_refunded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("matched", sa.Boolean(), nullable=False),
        sa.Column("cell", sa.Text(), nullable=False),
        sa.Column("group_id", sa.Text(collation="C"), nullable=True),
        sa.Column("note_id", sa.Text(collation="C"), nullable=True),
        sa.Column("first_note_id", sa.Text(collation="C"), nullable=True),
        sa.Column("first_joined_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("touch_creator_id", sa.Text(collation="C"), nullable=True),
        sa.Column("touch_kind", sa.Text(), nullable=True),
        sa.Column("click_event_id", sa.Text(collation="C"), nullable=True),
        sa.Column("click_source", sa.Text(collation="C"), nullable=True),
        sa.Column("membership_member_id", sa.Text(collation="C"), nullable=True),
        sa.Column("membership_joined_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("membership_n", sa.SmallInteger(), nullable=True),
        sa.PrimaryKeyConstraint("brand_id", "order_id", name=op.f("pk_order_credit")),
    )
    op.create_index(
        op.f("ix_order_credit_brand_id_customer_id_paid_at"),
        "order_credit",
        ["brand_id", "customer_id", "paid_at"],
        unique=False,
    )
    op.create_index(
        op.f("ix_order_credit_brand_id_paid_at"),
        "order_credit",
        ["brand_id", "paid_at"],
        unique=False,
    )
    op.create_table(
        "oversized_intake",
        sa.Column("brand_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("source", sa.Text(collation="C"), nullable=False),
        sa.Column("seen", sa.BigInteger(), nullable=False),
        sa.Column(
            "last_seen",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("brand_id", "source", name=op.f("pk_oversized_intake")),
    )
    op.create_table(
        "pending_event",
        sa.Column("brand_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("event_no", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("attempts", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column(
            "next_attempt_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("brand_id", "event_no", name=op.f("pk_pending_event")),
        postgresql_with={"autovacuum_vacuum_scale_factor": "0.05"},
    )
    op.create_table(
        "refund",
        sa.Column("brand_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("order_id", sa.Text(collation="C"), nullable=False),
        sa.Column("refund_id", sa.Text(collation="C"), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("refunded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "stamps",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("brand_id", "order_id", "refund_id", name=op.f("pk_refund")),
    )
    op.create_table(
        "refund_credit",
        sa.Column("brand_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("order_id", sa.Text(collation="C"), nullable=False),
        sa.Column("refund_id", sa.Text(collation="C"), nullable=False),
        sa.Column("customer_id", sa.Text(collation="C"), nullable=False),
        sa.Column("refunded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("paid_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("cell", sa.Text(), nullable=False),
        sa.Column("group_id", sa.Text(collation="C"), nullable=True),
        sa.PrimaryKeyConstraint("brand_id", "order_id", "refund_id", name=op.f("pk_refund_credit")),
    )
    op.create_index(
        op.f("ix_refund_credit_brand_id_customer_id"),
        "refund_credit",
        ["brand_id", "customer_id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_refund_credit_brand_id_refunded_at"),
        "refund_credit",
        ["brand_id", "refunded_at"],
        unique=False,
    )
    op.create_table(
        "shop_order",
        sa.Column("brand_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("order_id", sa.Text(collation="C"), nullable=False),
        sa.Column("buyer_id", sa.Text(collation="C"), nullable=True),
        sa.Column("amount", sa.BigInteger(), nullable=True),
        sa.Column("currency", sa.Text(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=True),
        sa.Column("original_order_id", sa.Text(collation="C"), nullable=True),
        sa.Column("items", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("touch", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("placed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("paid_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cancelled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("completed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "stamps",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("brand_id", "order_id", name=op.f("pk_shop_order")),
    )
    op.create_index(
        op.f("ix_shop_order_brand_id_buyer_id"),
        "shop_order",
        ["brand_id", "buyer_id"],
        unique=False,
    )
    op.create_table(
        "work_lease",
        sa.Column("brand_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("holder", sa.Text(), nullable=True),
        sa.Column(
            "leased_until",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column(
            "served_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("crashes", sa.SmallInteger(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("brand_id", name=op.f("pk_work_lease")),
    )
    op.create_table(
        "api_key",
        sa.Column("brand_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("key_id", sa.Text(collation="C"), nullable=False),
        sa.Column("sha256", sa.LargeBinary(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("scopes", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["brand_id"], ["brand.brand_id"], name=op.f("fk_api_key_brand")),
        sa.PrimaryKeyConstraint("brand_id", "key_id", name=op.f("pk_api_key")),
    )
    op.create_table(
        "webhook_source",
        sa.Column("brand_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("source_id", sa.Text(collation="C"), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("secret", sa.Text(), nullable=False),
        sa.Column("old_secret", sa.Text(), nullable=True),
        sa.Column("old_secret_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["brand_id"], ["brand.brand_id"], name=op.f("fk_webhook_source_brand")
        ),
        sa.PrimaryKeyConstraint("brand_id", "source_id", name=op.f("pk_webhook_source")),
    )
    # Without statistics each brand counts as 1/200 of a table. With them a new brand would count
    # as one row, and joins within it would be planned as loops over all that it has.
    for table in BRANDED:
        op.execute(f"ALTER TABLE {table} ALTER COLUMN brand_id SET STATISTICS 0")


def downgrade() -> None:
    op.drop_table("webhook_source")
    op.drop_table("api_key")
    op.drop_table("work_lease")
    op.drop_index(op.f("ix_shop_order_brand_id_buyer_id"), table_name="shop_order")
    op.drop_table("shop_order")
    op.drop_index(op.f("ix_refund_credit_brand_id_refunded_at"), table_name="refund_credit")
    op.drop_index(op.f("ix_refund_credit_brand_id_customer_id"), table_name="refund_credit")
    op.drop_table("refund_credit")
    op.drop_table("refund")
    op.drop_table("pending_event")
    op.drop_table("oversized_intake")
    op.drop_index(op.f("ix_order_credit_brand_id_paid_at"), table_name="order_credit")
    op.drop_index(op.f("ix_order_credit_brand_id_customer_id_paid_at"), table_name="order_credit")
    op.drop_table("order_credit")
    op.drop_index(
        op.f("ix_note_measurement_brand_id_note_id_measured_at"),
        table_name="note_measurement",
    )
    op.drop_table("note_measurement")
    op.drop_index(op.f("ix_note_brand_id_creator_id"), table_name="note")
    op.drop_table("note")
    op.drop_index(op.f("ix_message_brand_id_group_id_sent_at"), table_name="message")
    op.drop_table("message")
    op.drop_index(
        "ix_membership_event_of_all",
        table_name="membership_event",
        postgresql_where=sa.text("member_id IS NULL"),
    )
    op.drop_index(
        op.f("ix_membership_event_brand_id_group_id_member_id_at"),
        table_name="membership_event",
    )
    op.drop_table("membership_event")
    op.drop_index(op.f("ix_membership_brand_id_member_id_joined_at"), table_name="membership")
    op.drop_index(op.f("ix_membership_brand_id_group_id_left_at"), table_name="membership")
    op.drop_table("membership")
    op.drop_table("member")
    op.drop_index(op.f("ix_live_view_brand_id_member_id_viewed_at"), table_name="live_view")
    op.drop_index(op.f("ix_live_view_brand_id_live_id_viewed_at"), table_name="live_view")
    op.drop_table("live_view")
    op.drop_table("live_end")
    op.drop_index(op.f("ix_live_brand_id_started_at"), table_name="live")
    op.drop_table("live")
    op.drop_index(op.f("ix_identity_link_brand_id_buyer_id"), table_name="identity_link")
    op.drop_table("identity_link")
    op.drop_index(op.f("ix_identity_brand_id_customer_id"), table_name="identity")
    op.drop_table("identity")
    op.drop_table("event_identity")
    op.drop_table("event")
    op.drop_table("dirty_customer")
    op.drop_table("dirty_brand")
    op.drop_index(
        op.f("ix_direct_message_brand_id_member_id_sent_at"),
        table_name="direct_message",
    )
    op.drop_table("direct_message")
    op.drop_index(op.f("ix_dead_letter_brand_id_last_seen"), table_name="dead_letter")
    op.drop_table("dead_letter")
    op.drop_table("creator")
    op.drop_table("chat_group")
    op.drop_index(op.f("ix_card_click_brand_id_member_id_clicked_at"), table_name="card_click")
    op.drop_table("card_click")
    op.drop_table("calendar")
    op.drop_table("brand")
    op.execute("DROP SEQUENCE dead_letter_no")
    op.execute("DROP SEQUENCE event_counter")
