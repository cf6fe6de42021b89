"""requests sent with an Idempotency-Key, and their answers."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0014"
down_revision: str | None = "0013"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "idempotent_request",
        sa.Column("brand_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("actor", sa.Text(collation="C"), nullable=False),
        sa.Column("key", sa.Text(collation="C"), nullable=False),
        sa.Column("claim", sa.Uuid(), nullable=False),
        sa.Column(
            "claimed_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("carried_out", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("fingerprint", sa.LargeBinary(), nullable=True),
        sa.Column("status", sa.SmallInteger(), nullable=True),
        sa.Column("headers", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("body", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("brand_id", "actor", "key", name=op.f("pk_idempotent_request")),
    )
    op.create_index(
        op.f("ix_idempotent_request_brand_id_claimed_at"),
        "idempotent_request",
        ["brand_id", "claimed_at"],
    )
    op.execute("ALTER TABLE idempotent_request ALTER COLUMN brand_id SET STATISTICS 0")


def downgrade() -> None:
    op.drop_table("idempotent_request")
