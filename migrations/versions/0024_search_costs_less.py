"""search_tokens without a query inside, and no statistics of what it gives.

The tokens are the same, so indexes stay as they are.
"""

from collections.abc import Sequence

from alembic import op

revision: str = "0024"
down_revision: str | None = "0023"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

HEAD = """
CREATE OR REPLACE FUNCTION search_tokens(brand bigint, at timestamptz, said text) RETURNS tsvector
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE COST 1000
AS $$
DECLARE
    prefix text := CAST(brand AS text) || ':';
    span integer;
    run text;
    words text[] := '{}';
BEGIN
    IF at IS NOT NULL THEN
        span := floor(extract(epoch FROM at AT TIME ZONE 'UTC') / 2592000);
        prefix := prefix || CAST(span AS text) || ':';
    END IF;
"""

SPLIT = r"""
    FOREACH run IN ARRAY regexp_split_to_array(
        regexp_replace(public.search_fold(coalesce(said, '')), '[a-z0-9]+', ' \& ', 'g'),
        '[\u0001-\u002f\u003a-\u0060\u007b-\u007f]+'
    )
    LOOP
"""
"""Expressions alone: a query would be planned for each text where custom plans are forced."""

MATCHED = r"""
    FOR run IN
        SELECT piece[1]
        FROM regexp_matches(public.search_fold(said), '[a-z0-9]+|[^\u0001-\u007f]+', 'g') AS piece
    LOOP
"""
"""As in 0015."""

TAIL = r"""
        IF run > U&'\007F' COLLATE "C" THEN
            FOR i IN 1 .. length(run) LOOP
                words := words || (prefix || substr(run, i, 2));
            END LOOP;
        ELSIF run <> '' THEN
            words := words || (prefix || left(run, 32));
        END IF;
    END LOOP;
    RETURN array_to_tsvector(words);
END
$$
"""

STATISTICS = """
DO $$
DECLARE
    made regclass;
BEGIN
    FOR made IN
        SELECT x.indexrelid FROM pg_index AS x
        WHERE pg_get_indexdef(x.indexrelid, 1, true) LIKE 'search_tokens(%'
    LOOP
        EXECUTE format('ALTER INDEX %s ALTER COLUMN 1 SET STATISTICS TARGET', made);
    END LOOP;
END
$$
"""
"""ANALYZE would find the words of 30,000 texts each time; who searches is led to the index anyway.
Partitions that are made later: see wall_as.
"""


def upgrade() -> None:
    op.execute(HEAD + SPLIT + TAIL)
    op.execute(STATISTICS.replace("TARGET", "0"))


def downgrade() -> None:
    op.execute(STATISTICS.replace("TARGET", "-1"))
    op.execute(HEAD + MATCHED + TAIL)
