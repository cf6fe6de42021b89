"""operators, their sessions, keys that expire and succeed each other, an audit log that only grows.

`audit_entry.detail` becomes json, which keeps the very text that was hashed.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0012"
down_revision: str | None = "0011"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

BRANDED = ("operator", "operator_session", "login_attempt")

APPEND_ONLY = """
CREATE FUNCTION refuse_to_rewrite_audit() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        -- A brand that is deleted takes its log with it; its transaction says so.
        IF current_setting('app.forget_brand', true) = OLD.brand_id::text THEN
            RETURN OLD;
        END IF;
    ELSIF TG_OP = 'UPDATE' AND TG_TABLE_NAME = 'audit_head' THEN
        IF NEW.brand_id = OLD.brand_id AND NEW.seq >= OLD.seq THEN
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION 'the audit log is append-only' USING ERRCODE = '42501';
END
$$
"""

# Citus takes no table with triggers: there, the rights of the roles must do.
TRIGGERS = """
DO $$
DECLARE
    audited text;
BEGIN
    IF EXISTS (SELECT FROM pg_extension WHERE extname = 'citus') THEN
        RETURN;
    END IF;
    FOREACH audited IN ARRAY ARRAY['audit_entry', 'audit_head'] LOOP
        EXECUTE format(
            'CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON %I'
            ' FOR EACH ROW EXECUTE FUNCTION refuse_to_rewrite_audit()', audited);
        EXECUTE format(
            'CREATE TRIGGER never_emptied BEFORE TRUNCATE ON %I'
            ' FOR EACH STATEMENT EXECUTE FUNCTION refuse_to_rewrite_audit()', audited);
    END LOOP;
END
$$
"""

AUDIT_INDEXES: tuple[tuple[str, ...], ...] = (
    ("at", "seq"),
    ("actor", "at", "seq"),
    ("action", "at", "seq"),
)


def upgrade() -> None:
    op.create_table(
        "operator",
        sa.Column("brand_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("operator_id", sa.Text(collation="C"), nullable=False),
        sa.Column("login", sa.Text(collation="C"), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("reads_pii", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False),
        _now("password_changed_at"),
        _now("created_at"),
        sa.Column("last_login_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("disabled_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "role IN ('owner', 'operator', 'analyst')", name=op.f("ck_operator_role")
        ),
        sa.ForeignKeyConstraint(["brand_id"], ["brand.brand_id"], name=op.f("fk_operator_brand")),
        sa.PrimaryKeyConstraint("brand_id", "operator_id", name=op.f("pk_operator")),
        sa.UniqueConstraint("brand_id", "login", name=op.f("uq_operator_brand_id_login")),
    )
    op.create_table(
        "operator_session",
        sa.Column("brand_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("session_id", sa.Text(collation="C"), nullable=False),
        sa.Column("operator_id", sa.Text(collation="C"), nullable=False),
        sa.Column("sha256", sa.LargeBinary(), nullable=False),
        _now("created_at"),
        _now("last_used_at"),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["brand_id", "operator_id"],
            ["operator.brand_id", "operator.operator_id"],
            name=op.f("fk_operator_session_operator"),
        ),
        sa.PrimaryKeyConstraint("brand_id", "session_id", name=op.f("pk_operator_session")),
    )
    op.create_index(
        op.f("ix_operator_session_brand_id_operator_id"),
        "operator_session",
        ["brand_id", "operator_id"],
    )
    op.create_table(
        "login_attempt",
        sa.Column("brand_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("login", sa.Text(collation="C"), nullable=False),
        sa.Column("attempts", sa.BigInteger(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("brand_id", "login", name=op.f("pk_login_attempt")),
    )
    op.create_table(
        "login_address",
        sa.Column("address", sa.Text(collation="C"), nullable=False),
        sa.Column("attempts", sa.BigInteger(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("address", name=op.f("pk_login_address")),
    )
    op.add_column("api_key", sa.Column("lifetime_days", sa.Integer(), nullable=True))
    op.add_column("api_key", sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("api_key", sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("api_key", sa.Column("created_by", sa.Text(collation="C"), nullable=True))
    op.add_column("api_key", sa.Column("replaces", sa.Text(collation="C"), nullable=True))
    op.alter_column(
        "audit_entry", "detail", type_=postgresql.JSON(), postgresql_using="detail::json"
    )
    for columns in AUDIT_INDEXES:
        op.create_index(
            op.f(f"ix_audit_entry_brand_id_{'_'.join(columns)}"),
            "audit_entry",
            ["brand_id", *columns],
        )
    op.execute(APPEND_ONLY)
    op.execute(TRIGGERS)
    for table in BRANDED:
        op.execute(f"ALTER TABLE {table} ALTER COLUMN brand_id SET STATISTICS 0")


def downgrade() -> None:
    for table in ("audit_entry", "audit_head"):
        for trigger in ("append_only", "never_emptied"):
            op.execute(f"DROP TRIGGER IF EXISTS {trigger} ON {table}")
    op.execute("DROP FUNCTION refuse_to_rewrite_audit")
    for columns in AUDIT_INDEXES:
        op.drop_index(op.f(f"ix_audit_entry_brand_id_{'_'.join(columns)}"), "audit_entry")
    op.alter_column(
        "audit_entry", "detail", type_=postgresql.JSONB(), postgresql_using="detail::jsonb"
    )
    for column in ("replaces", "created_by", "last_used_at", "expires_at", "lifetime_days"):
        op.drop_column("api_key", column)
    for table in ("login_address", "login_attempt", "operator_session", "operator"):
        op.drop_table(table)


def _now(name: str) -> sa.Column[object]:
    return sa.Column(
        name, sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
    )
