"""personal data: sealed phones, erasures, retention."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0013"
down_revision: str | None = "0012"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

BRANDED = ("brand_secret", "tombstone", "erasure", "upkeep")
DAYS = ("message_text_days", "raw_event_days")
INVITED = ("membership", "membership_event")
TEXTS = ("message", "direct_message")


def upgrade() -> None:
    op.create_table(
        "encryption_key",
        sa.Column("key_id", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("key_id", name=op.f("pk_encryption_key")),
    )
    op.create_table(
        "brand_secret",
        sa.Column("brand_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("wrapped", sa.LargeBinary(), nullable=False),
        sa.Column("made_at", _instant(), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("brand_id", name=op.f("pk_brand_secret")),
    )
    op.create_table(
        "tombstone",
        sa.Column("brand_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("surrogate", sa.Text(collation="C"), nullable=False),
        sa.PrimaryKeyConstraint("brand_id", "digest", name=op.f("pk_tombstone")),
    )
    op.create_index(op.f("ix_tombstone_brand_id_surrogate"), "tombstone", ["brand_id", "surrogate"])
    op.create_table(
        "erasure",
        sa.Column("brand_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("erasure_id", sa.Text(collation="C"), nullable=False),
        sa.Column("customer_id", sa.Text(collation="C"), nullable=False),
        sa.Column("made_at", _instant(), server_default=sa.text("now()"), nullable=False),
        sa.Column("made_by", sa.Text(collation="C"), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("counts", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("sealed_ids", sa.LargeBinary(), nullable=True),
        sa.Column("scrubbed_to", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("finished_at", _instant(), nullable=True),
        sa.PrimaryKeyConstraint("brand_id", "erasure_id", name=op.f("pk_erasure")),
    )
    op.create_index(
        op.f("ix_erasure_brand_id_made_at_erasure_id"),
        "erasure",
        ["brand_id", "made_at", "erasure_id"],
    )
    op.create_table(
        "upkeep",
        sa.Column("brand_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("emptied_to", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("sealed_to", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("seal_until", sa.BigInteger(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("brand_id", name=op.f("pk_upkeep")),
    )
    for table in BRANDED:
        op.execute(f"ALTER TABLE {table} ALTER COLUMN brand_id SET STATISTICS 0")
    # Processes of the release before may store phones in the clear until they are replaced:
    # what they store within a week is gone through as well. For the number see store.sql.
    op.execute(
        "INSERT INTO upkeep (brand_id, seal_until) SELECT brand_id,"
        " (CAST(extract(EPOCH FROM now() + interval '7 days') * 1000 AS bigint) << 20) FROM brand"
    )
    for name in DAYS:
        op.add_column("brand", sa.Column(name, sa.Integer(), nullable=True))
        op.create_check_constraint(op.f(f"ck_brand_{name}"), "brand", f"{name} BETWEEN 1 AND 36500")
    op.add_column("member", sa.Column("phone_cipher", sa.LargeBinary(), nullable=True))
    op.add_column("member", sa.Column("phone_index", sa.LargeBinary(), nullable=True))
    op.create_index(
        "ix_member_phone",
        "member",
        ["brand_id", "phone_index"],
        postgresql_where=sa.text("phone_index IS NOT NULL"),
    )
    op.add_column(
        "dead_letter", sa.Column("sealed", sa.Boolean(), server_default="false", nullable=False)
    )
    for table in INVITED:
        op.create_index(
            f"ix_{table}_inviter",
            table,
            ["brand_id", "inviter_member_id"],
            postgresql_where=sa.text("inviter_member_id IS NOT NULL"),
        )
    for table in TEXTS:
        op.create_index(
            f"ix_{table}_text",
            table,
            ["brand_id", "sent_at"],
            postgresql_where=sa.text("text IS NOT NULL"),
        )


def downgrade() -> None:
    for table in TEXTS:
        op.drop_index(f"ix_{table}_text", table_name=table)
    for table in INVITED:
        op.drop_index(f"ix_{table}_inviter", table_name=table)
    op.drop_column("dead_letter", "sealed")
    op.drop_index("ix_member_phone", table_name="member")
    for name in ("phone_index", "phone_cipher"):
        op.drop_column("member", name)
    for name in DAYS:
        op.drop_constraint(op.f(f"ck_brand_{name}"), "brand", type_="check")
        op.drop_column("brand", name)
    for table in (*reversed(BRANDED), "encryption_key"):
        op.drop_table(table)


def _instant() -> sa.DateTime:
    return sa.DateTime(timezone=True)
