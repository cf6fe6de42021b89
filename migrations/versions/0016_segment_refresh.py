"""segments know what they read and were counted under; whom a change touches is queued."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0016"
down_revision: str | None = "0015"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "dirty_segment",
        sa.Column("brand_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("customer_id", sa.Text(collation="C"), nullable=False),
        sa.Column("touched", sa.Text(collation="C"), nullable=False),
        sa.Column(
            "since",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint(
            "brand_id", "customer_id", "touched", name=op.f("pk_dirty_segment")
        ),
        postgresql_with={"autovacuum_vacuum_scale_factor": "0.05"},
    )
    op.execute("ALTER TABLE dirty_segment ALTER COLUMN brand_id SET STATISTICS 0")
    op.add_column(
        "segment",
        sa.Column(
            "reads", postgresql.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False
        ),
    )
    op.add_column("segment", sa.Column("clock", sa.Text(), nullable=True))
    op.add_column(
        "segment", sa.Column("members", sa.BigInteger(), server_default="0", nullable=False)
    )


def downgrade() -> None:
    op.drop_column("segment", "members")
    op.drop_column("segment", "clock")
    op.drop_column("segment", "reads")
    op.drop_table("dirty_segment")
