"""kept numbers, the periods that went stale, the schedule, and what nightly checks found."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0005"
down_revision: str | None = "0004"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

BRANDED = ("kept_number", "kept_revision", "stale_period", "schedule", "verification")


def upgrade() -> None:
    op.create_table(
        "kept_number",
        sa.Column("brand_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("timezone", sa.Text(collation="C"), nullable=False),
        sa.Column("rule_version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("grain", sa.Text(collation="C"), nullable=False),
        sa.Column("series", sa.Text(collation="C"), nullable=False),
        sa.Column("start", sa.Date(), nullable=False),
        sa.Column("as_of", sa.DateTime(timezone=True), nullable=False),
        sa.Column("value", sa.Numeric(), nullable=True),
        sa.Column("numerator", sa.Numeric(), nullable=True),
        sa.Column("denominator", sa.Numeric(), nullable=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("kept_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint(
            "brand_id",
            "timezone",
            "rule_version",
            "grain",
            "series",
            "start",
            name=op.f("pk_kept_number"),
        ),
    )
    op.create_table(
        "kept_revision",
        sa.Column("brand_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("timezone", sa.Text(collation="C"), nullable=False),
        sa.Column("rule_version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("grain", sa.Text(collation="C"), nullable=False),
        sa.Column("series", sa.Text(collation="C"), nullable=False),
        sa.Column("start", sa.Date(), nullable=False),
        sa.Column("revision", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("value", sa.Numeric(), nullable=True),
        sa.Column("numerator", sa.Numeric(), nullable=True),
        sa.Column("denominator", sa.Numeric(), nullable=True),
        sa.Column("kept_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("replaced_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("cause", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint(
            "brand_id",
            "timezone",
            "rule_version",
            "grain",
            "series",
            "start",
            "revision",
            name=op.f("pk_kept_revision"),
        ),
    )
    op.create_table(
        "schedule",
        sa.Column("brand_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("job", sa.Text(collation="C"), nullable=False),
        sa.Column(
            "next_due_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("last_done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("timezone", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("brand_id", "job", name=op.f("pk_schedule")),
    )
    op.create_table(
        "stale_period",
        sa.Column("brand_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("grain", sa.Text(collation="C"), nullable=False),
        sa.Column("start", sa.Date(), nullable=False),
        sa.Column("reach", sa.Text(collation="C"), nullable=False),
        sa.Column("cause", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column(
            "since", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.Column(
            "touched_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint(
            "brand_id", "grain", "start", "reach", name=op.f("pk_stale_period")
        ),
        postgresql_with={"autovacuum_vacuum_scale_factor": "0.05"},
    )
    op.create_table(
        "verification",
        sa.Column("brand_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("ran_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("customers", sa.BigInteger(), nullable=False),
        sa.Column("differences", sa.BigInteger(), nullable=False),
        sa.Column("lines", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("wrong", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.PrimaryKeyConstraint("brand_id", "ran_at", name=op.f("pk_verification")),
    )
    op.add_column(
        "dirty_customer", sa.Column("cause", postgresql.JSONB(astext_type=sa.Text()), nullable=True)
    )
    for table in BRANDED:
        # See 0001: of the skew of brands the planner must know nothing.
        op.execute(f"ALTER TABLE {table} ALTER COLUMN brand_id SET STATISTICS 0")


def downgrade() -> None:
    op.drop_column("dirty_customer", "cause")
    op.drop_table("verification")
    op.drop_table("stale_period")
    op.drop_table("schedule")
    op.drop_table("kept_revision")
    op.drop_table("kept_number")
