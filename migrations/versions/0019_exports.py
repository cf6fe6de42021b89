"""exports: runs of the weekly files and of others, and when a brand wants them."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations.walls import WALL

revision: str = "0019"
down_revision: str | None = "0018"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

SETTINGS: Sequence[tuple[str, sa.types.TypeEngine[Any], str]] = (
    ("export_weekly", sa.Boolean(), "true"),
    ("export_weekday", sa.Integer(), "1"),
    ("export_time", sa.Text(), "06:00"),
    ("export_language", sa.Text(), "zh-CN"),
    ("export_days", sa.Integer(), "400"),
    ("export_threshold_basis_points", sa.Integer(), "0"),
)
CHECKS = {
    "export_weekday": "export_weekday BETWEEN 1 AND 7",
    "export_time": "export_time ~ '^([01][0-9]|2[0-3]):[0-5][0-9]$'",
    "export_language": "export_language IN ('zh-CN', 'en')",
    "export_days": "export_days BETWEEN 1 AND 36500",
    "export_threshold_basis_points": "export_threshold_basis_points BETWEEN 0 AND 10000",
}


def upgrade() -> None:
    for name, kind, default in SETTINGS:
        nullable = name == "export_days"
        op.add_column("brand", sa.Column(name, kind, server_default=default, nullable=nullable))
    for name, condition in CHECKS.items():
        op.create_check_constraint(op.f(f"ck_brand_{name}"), "brand", condition)

    op.create_table(
        "export",
        sa.Column("brand_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("export_id", sa.Text(collation="C"), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("week", sa.Text(collation="C"), nullable=True),
        sa.Column("revision", sa.SmallInteger(), nullable=True),
        sa.Column("first_day", sa.Date(), nullable=True),
        sa.Column("end_day", sa.Date(), nullable=True),
        sa.Column("as_of", sa.DateTime(timezone=True), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("asked", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("created_by", sa.Text(collation="C"), nullable=False),
        sa.Column("scheduled_for", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "not_before",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("holder", sa.Text(), nullable=True),
        sa.Column("leased_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("attempts", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("step", sa.Text(), nullable=True),
        sa.Column("percent", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("rows_written", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("previous_id", sa.Text(collation="C"), nullable=True),
        sa.Column("prefix", sa.Text(), nullable=True),
        sa.Column("manifest", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("moved", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("lists_people", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("erased_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("removed_why", sa.Text(), nullable=True),
        sa.Column("code", sa.Text(), nullable=True),
        sa.Column("detail", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("brand_id", "export_id", name=op.f("pk_export")),
        sa.UniqueConstraint(
            "brand_id",
            "kind",
            "week",
            "revision",
            name=op.f("uq_export_brand_id_kind_week_revision"),
        ),
    )
    op.create_index(
        op.f("ix_export_brand_id_created_at_export_id"),
        "export",
        ["brand_id", "created_at", "export_id"],
        unique=False,
    )
    op.create_index(
        "ix_export_open",
        "export",
        ["brand_id", "created_at"],
        unique=False,
        postgresql_where=sa.text("state IN ('queued', 'running')"),
    )
    op.create_index(
        "uq_export_running",
        "export",
        ["brand_id"],
        unique=True,
        postgresql_where=sa.text("state = 'running'"),
    )
    op.execute("ALTER TABLE export ALTER COLUMN brand_id SET STATISTICS 0")
    op.execute(WALL)


def downgrade() -> None:
    op.drop_table("export")
    for name in CHECKS:
        op.drop_constraint(op.f(f"ck_brand_{name}"), "brand")
    for name, _, _ in SETTINGS:
        op.drop_column("brand", name)
