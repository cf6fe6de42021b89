"""imports of sheets, and what remains of deleted brands."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0011"
down_revision: str | None = "0010"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

BRANDED = ("sheet_import", "sheet_chunk", "sheet_problem", "departed_brand")


def upgrade() -> None:
    op.create_table(
        "departed_brand",
        sa.Column("brand_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column(
            "started_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "rows",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'"),
            nullable=False,
        ),
        sa.Column("audit_seq", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("audit_hash", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("brand_id", name=op.f("pk_departed_brand")),
    )
    op.create_table(
        "sheet_chunk",
        sa.Column("brand_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("import_id", sa.Text(collation="C"), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("brand_id", "import_id", "n", name=op.f("pk_sheet_chunk")),
    )
    op.create_table(
        "sheet_import",
        sa.Column("brand_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("import_id", sa.Text(collation="C"), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("asked", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("bytes", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("created_by", sa.Text(collation="C"), nullable=False),
        sa.Column(
            "touched_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("holder", sa.Text(), nullable=True),
        sa.Column("leased_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("attempts", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("encoding", sa.Text(), nullable=True),
        sa.Column(
            "unknown_headers", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False
        ),
        sa.Column("percent", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("rows_read", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("accepted", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("corrected", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("duplicates", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("rejected", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("events", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column(
            "counts",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'"),
            nullable=False,
        ),
        sa.Column("code", sa.Text(), nullable=True),
        sa.Column("detail", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("brand_id", "import_id", name=op.f("pk_sheet_import")),
    )
    op.create_index(
        op.f("ix_sheet_import_brand_id_created_at_import_id"),
        "sheet_import",
        ["brand_id", "created_at", "import_id"],
        unique=False,
    )
    op.create_index(
        "uq_sheet_import_running",
        "sheet_import",
        ["brand_id"],
        unique=True,
        postgresql_where=sa.text("state = 'running'"),
    )
    op.create_table(
        "sheet_problem",
        sa.Column("brand_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("import_id", sa.Text(collation="C"), nullable=False),
        sa.Column("row_no", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("n", sa.SmallInteger(), nullable=False),
        sa.Column("header", sa.Text(), nullable=True),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=True),
        sa.Column("warning", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint(
            "brand_id", "import_id", "row_no", "n", name=op.f("pk_sheet_problem")
        ),
    )
    for table in BRANDED:
        op.execute(f"ALTER TABLE {table} ALTER COLUMN brand_id SET STATISTICS 0")
    # A file is compressed already, or soon gone.
    op.execute("ALTER TABLE sheet_chunk ALTER COLUMN content SET STORAGE EXTERNAL")


def downgrade() -> None:
    op.drop_table("sheet_problem")
    op.drop_index(
        "uq_sheet_import_running",
        table_name="sheet_import",
        postgresql_where=sa.text("state = 'running'"),
    )
    op.drop_index(op.f("ix_sheet_import_brand_id_created_at_import_id"), table_name="sheet_import")
    op.drop_table("sheet_import")
    op.drop_table("sheet_chunk")
    op.drop_table("departed_brand")
