"""outbound webhooks: endpoints, messages, deliveries; alarms of numbers."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations.walls import WALL

revision: str = "0020"
down_revision: str | None = "0019"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

TABLES = (
    *("webhook_endpoint", "webhook_message", "webhook_delivery", "webhook_attempt"),
    *("metric_alarm", "alarm_firing"),
)


def upgrade() -> None:
    op.create_table(
        "alarm_firing",
        sa.Column("brand_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("alarm_id", sa.Text(collation="C"), nullable=False),
        sa.Column("start", sa.Date(), nullable=False),
        sa.Column("value", sa.Numeric(), nullable=False),
        sa.Column("numerator", sa.Numeric(), nullable=True),
        sa.Column("denominator", sa.Numeric(), nullable=True),
        sa.Column("before", sa.Numeric(), nullable=True),
        sa.Column("condition", sa.Text(), nullable=False),
        sa.Column("threshold", sa.Numeric(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("as_of", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "fired_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.Column("message_id", sa.Text(collation="C"), nullable=False),
        sa.PrimaryKeyConstraint("brand_id", "alarm_id", "start", name=op.f("pk_alarm_firing")),
    )
    op.create_table(
        "metric_alarm",
        sa.Column("brand_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("alarm_id", sa.Text(collation="C"), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("series", sa.Text(), nullable=False),
        sa.Column("grain", sa.Text(), nullable=False),
        sa.Column("condition", sa.Text(), nullable=False),
        sa.Column("threshold", sa.Numeric(), nullable=False),
        sa.Column("enabled", sa.Boolean(), server_default="true", nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("created_by", sa.Text(collation="C"), nullable=False),
        sa.PrimaryKeyConstraint("brand_id", "alarm_id", name=op.f("pk_metric_alarm")),
    )
    op.create_index(
        op.f("ix_metric_alarm_brand_id_created_at_alarm_id"),
        "metric_alarm",
        ["brand_id", "created_at", "alarm_id"],
        unique=False,
    )
    op.create_table(
        "webhook_attempt",
        sa.Column("brand_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("endpoint_id", sa.Text(collation="C"), nullable=False),
        sa.Column("message_id", sa.Text(collation="C"), nullable=False),
        sa.Column("n", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column(
            "at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.Column("code", sa.Text(), nullable=True),
        sa.Column("status", sa.SmallInteger(), nullable=True),
        sa.Column("took_ms", sa.BigInteger(), nullable=True),
        sa.Column("detail", sa.Text(), nullable=True),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint(
            "brand_id", "endpoint_id", "message_id", "n", name=op.f("pk_webhook_attempt")
        ),
    )
    op.create_table(
        "webhook_delivery",
        sa.Column("brand_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("endpoint_id", sa.Text(collation="C"), nullable=False),
        sa.Column("message_id", sa.Text(collation="C"), nullable=False),
        sa.Column("state", sa.Text(), server_default="pending", nullable=False),
        sa.Column("step", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column(
            "next_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=True
        ),
        sa.Column("holder", sa.Text(), nullable=True),
        sa.Column("leased_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint(
            "brand_id", "endpoint_id", "message_id", name=op.f("pk_webhook_delivery")
        ),
    )
    op.create_index(
        op.f("ix_webhook_delivery_brand_id_endpoint_id_created_at_message_id"),
        "webhook_delivery",
        ["brand_id", "endpoint_id", "created_at", "message_id"],
        unique=False,
    )
    op.create_index(
        "ix_webhook_delivery_pending",
        "webhook_delivery",
        ["brand_id", "endpoint_id", "next_at"],
        unique=False,
        postgresql_where=sa.text("state = 'pending'"),
    )
    op.create_table(
        "webhook_message",
        sa.Column("brand_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("message_id", sa.Text(collation="C"), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("brand_id", "message_id", name=op.f("pk_webhook_message")),
    )
    op.create_index(
        op.f("ix_webhook_message_brand_id_created_at_message_id"),
        "webhook_message",
        ["brand_id", "created_at", "message_id"],
        unique=False,
    )
    op.create_table(
        "webhook_endpoint",
        sa.Column("brand_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("endpoint_id", sa.Text(collation="C"), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("types", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("secret", sa.Text(), nullable=False),
        sa.Column("old_secret", sa.Text(), nullable=True),
        sa.Column("old_secret_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("created_by", sa.Text(collation="C"), nullable=False),
        sa.Column("off_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("off_code", sa.Text(), nullable=True),
        sa.Column("off_detail", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["brand_id"], ["brand.brand_id"], name=op.f("fk_webhook_endpoint_brand")
        ),
        sa.PrimaryKeyConstraint("brand_id", "endpoint_id", name=op.f("pk_webhook_endpoint")),
    )
    for table in TABLES:
        op.execute(f"ALTER TABLE {table} ALTER COLUMN brand_id SET STATISTICS 0")
    op.execute(WALL)


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)
