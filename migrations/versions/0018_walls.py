"""walls between brands: row-level security, and a way for workers to ask for statistics."""

from collections.abc import Sequence

from alembic import op

from migrations.walls import UNWALL, WALL

revision: str = "0018"
down_revision: str | None = "0017"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

# Only an owner may ANALYZE (before PostgreSQL 17), and the worker owns nothing.
ANALYSE = """
CREATE FUNCTION analyse_table(outgrown regclass) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    EXECUTE format('ANALYZE (SKIP_LOCKED) %s', outgrown);
END
$$
"""


def upgrade() -> None:
    op.execute(WALL)
    op.execute(ANALYSE)
    op.execute("REVOKE ALL ON FUNCTION analyse_table(regclass) FROM PUBLIC")


def downgrade() -> None:
    op.execute("DROP FUNCTION analyse_table(regclass)")
    op.execute(UNWALL)
