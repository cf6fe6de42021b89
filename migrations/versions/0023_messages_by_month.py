"""messages in partitions by month, and their identities.

The table that was there becomes the first partition as it is: none of its rows is written again.
Lists and metrics go on reading it while identities are filled in and the new key is built; while
its times are read through once they wait. Workers of the release before must not run meanwhile
nor afterwards: they put messages by a key that is gone. A migration that was cut off can be run
again.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from migrations.partitions import partition, unpartition
from migrations.walls import WALL

revision: str = "0023"
down_revision: str | None = "0022"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

SEARCHED = "text IS NOT NULL AND sent_at IS NOT NULL"
SPAN = "(SELECT {} FROM unnest(spans) AS span) * 2592000.0"


def upgrade() -> None:
    with op.get_context().autocommit_block():
        pass  # lets go of what the migrations before have locked
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("SET LOCAL statement_timeout = 0")
    op.execute("LOCK TABLE message IN SHARE ROW EXCLUSIVE MODE")
    op.create_table(
        "message_identity",
        sa.Column("brand_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("group_id", sa.Text(collation="C"), nullable=False),
        sa.Column("message_id", sa.Text(collation="C"), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("recalled_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint(
            "brand_id", "group_id", "message_id", name=op.f("pk_message_identity")
        ),
        if_not_exists=True,
    )
    op.execute("ALTER TABLE message_identity ALTER COLUMN brand_id SET STATISTICS 0")
    op.execute(WALL)
    op.execute(
        "INSERT INTO message_identity (brand_id, group_id, message_id, sent_at, recalled_at)"
        " SELECT brand_id, group_id, message_id, sent_at,"
        " CASE WHEN sent_at IS NULL THEN recalled_at END"
        " FROM message ORDER BY brand_id, group_id, message_id ON CONFLICT DO NOTHING"
    )
    op.execute("DELETE FROM message WHERE sent_at IS NULL")
    op.execute("DROP INDEX IF EXISTS pk_message_sent")
    op.execute(
        "CREATE UNIQUE INDEX pk_message_sent ON message (brand_id, group_id, sent_at, message_id)"
    )
    op.execute("ALTER TABLE message DROP CONSTRAINT pk_message")
    op.execute(
        "ALTER TABLE message ADD CONSTRAINT pk_message PRIMARY KEY USING INDEX pk_message_sent"
    )
    op.execute("DROP INDEX IF EXISTS ix_message_brand_id_group_id_sent_at")
    partition("message", "sent_at")
    op.execute("DROP FUNCTION search_message(text[], integer[])")
    op.execute(FOUND_BY_MONTH)
    op.execute(SINCE)


FOUND_BY_MONTH = f"""
CREATE FUNCTION search_message(words text[], spans integer[])
RETURNS TABLE (sent_at timestamptz, group_id text, message_id text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
AS $$
SELECT t.sent_at, t.group_id, t.message_id FROM public.message AS t
WHERE search_tokens(t.brand_id, t.sent_at, t.text) @@ search_query(words, spans)
    AND t.sent_at >= to_timestamp({SPAN.format("min(span)")})
    AND t.sent_at < to_timestamp({SPAN.format("max(span) + 1")})
    AND t.text IS NOT NULL AND t.sent_at IS NOT NULL
$$
"""
"""As in 0015, in the months of the spans only, and with the time that leads to the partition."""

SINCE = """
CREATE FUNCTION messages_since() RETURNS timestamptz
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
    LOCK TABLE ONLY public.message IN ACCESS SHARE MODE;
    RETURN (
        SELECT CASE WHEN bool_and(starts IS NOT NULL) THEN min(starts) END
        FROM public.partitions_of(CAST('public.message' AS regclass)) WHERE NOT is_default
    );
END
$$
"""
"""From when on messages are there; null where none was detached. None is until who asks commits."""

FOUND = f"""
CREATE FUNCTION search_message(words text[], spans integer[])
RETURNS TABLE (group_id text, message_id text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
AS $$
SELECT t.group_id, t.message_id FROM public.message AS t
WHERE search_tokens(brand_id, sent_at, text) @@ search_query(words, spans) AND ({SEARCHED})
$$
"""
"""As 0015 made it."""


def downgrade() -> None:
    op.execute("DROP FUNCTION messages_since()")
    op.execute("DROP FUNCTION search_message(text[], integer[])")
    unpartition("message")
    op.execute("ALTER TABLE message DROP CONSTRAINT pk_message")
    op.execute("ALTER TABLE message ALTER COLUMN sent_at DROP NOT NULL")
    op.execute(
        "INSERT INTO message (brand_id, group_id, message_id, recalled_at)"
        " SELECT brand_id, group_id, message_id, recalled_at FROM message_identity"
        " WHERE sent_at IS NULL"
    )
    op.execute(
        "ALTER TABLE message ADD CONSTRAINT pk_message PRIMARY KEY (brand_id, group_id, message_id)"
    )
    op.execute(
        "CREATE INDEX ix_message_brand_id_group_id_sent_at ON message (brand_id, group_id, sent_at)"
    )
    op.execute("DROP TABLE message_identity")
    op.execute(FOUND)
