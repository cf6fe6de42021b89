"""indexes of the lists, and the words that texts are searched by.

Words are made by functions, so that an index can never disagree with its text and nobody has
to write them. GIN has no order and cannot lead with the brand: each word does.

Under row-level security PostgreSQL compares no text search by an index, since its functions are
not leakproof. So the indexes are asked by functions that run as the owner of the tables, who is
let through to all rows; they know the brand from the same setting as all policies, and give
nothing but keys, by which the rows are then read as by anybody.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0015"
down_revision: str | None = "0014"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

FOLD = """
CREATE FUNCTION search_fold(said text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$ SELECT left(lower(normalize(left(said, 2000), NFKC) COLLATE "C"), 2000) $$
"""
"""A text as it is compared: full-width as half-width, A to Z as a to z; 2,000 characters of it."""

TOKENS = r"""
CREATE FUNCTION search_tokens(brand bigint, at timestamptz, said text) RETURNS tsvector
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
    FOR run IN
        SELECT piece[1]
        FROM regexp_matches(public.search_fold(said), '[a-z0-9]+|[^\u0001-\u007f]+', 'g') AS piece
    LOOP
        IF run > U&'\007F' COLLATE "C" THEN
            FOR i IN 1 .. length(run) LOOP
                words := words || (prefix || substr(run, i, 2));
            END LOOP;
        ELSE
            words := words || (prefix || left(run, 32));
        END IF;
    END LOOP;
    RETURN array_to_tsvector(words);
END
$$
"""
"""Words of latin letters and digits; of other letters every pair, and the last of each run."""

QUERY = """
CREATE FUNCTION search_query(words text[], spans integer[]) RETURNS tsquery
LANGUAGE sql STABLE
AS $$
SELECT CAST(string_agg(one.asked, ' | ') AS tsquery)
FROM (
    SELECT '(' || string_agg(
        '''' || nullif(current_setting('app.brand', true), '') || ':'
        || coalesce(CAST(span AS text) || ':', '') || rtrim(word, '*') || ''''
        || CASE WHEN word LIKE '%*' THEN ':*' ELSE '' END, ' & '
    ) || ')' AS asked
    FROM unnest(coalesce(spans, ARRAY[CAST(NULL AS integer)])) AS span, unnest(words) AS word
    GROUP BY span
) AS one
$$
"""
"""All of the words in one of the spans; a word that ends in * is a beginning."""

NAMES = "(coalesce(name, '') || ' ' || coalesce(mcn, ''))"

SEARCHED = {
    "chat_group": (("group_id",), "NULL::timestamptz", "name", "name IS NOT NULL"),
    "member": (("member_id",), "NULL::timestamptz", "nickname", "nickname IS NOT NULL"),
    "note": (("note_id",), "NULL::timestamptz", "title", "title IS NOT NULL"),
    "creator": (("creator_id",), "NULL::timestamptz", NAMES, "name IS NOT NULL OR mcn IS NOT NULL"),
    "live": (("live_id",), "NULL::timestamptz", "title", "title IS NOT NULL"),
    "message": (
        ("group_id", "message_id"),
        "sent_at",
        "text",
        "text IS NOT NULL AND sent_at IS NOT NULL",
    ),
}
"""By table: its key, the instant whose span of 30 days its words name, its text, which rows."""

BROUGHT = "note_id IS NOT NULL AND (left_at IS NULL OR left_at > joined_at)"

CARD = "(card ->> 'note_id')"

INDEXES = (
    ("ix_membership_of_group", "membership", ("group_id", "joined_at", "member_id", "n"), None),
    (
        "ix_membership_open",
        "membership",
        ("group_id", "joined_at", "member_id", "n"),
        "left_at IS NULL",
    ),
    ("ix_membership_of_note", "membership", ("note_id", "joined_at"), BROUGHT),
    ("ix_message_brand_id_sent_at", "message", ("sent_at",), None),
    ("ix_message_brand_id_member_id_sent_at", "message", ("member_id", "sent_at"), None),
    ("ix_message_of_kind", "message", ("kind", "sent_at"), "kind <> 'text'"),
    ("ix_message_recalled", "message", ("sent_at",), "recalled_at IS NOT NULL"),
    ("ix_message_of_note", "message", (CARD, "sent_at"), f"{CARD} IS NOT NULL"),
    ("ix_note_brand_id_published_at_note_id", "note", ("published_at", "note_id"), None),
    ("ix_note_brand_id_views_note_id", "note", ("views", "note_id"), None),
    ("ix_shop_order_brand_id_paid_at_order_id", "shop_order", ("paid_at", "order_id"), None),
    ("ix_shop_order_brand_id_placed_at_order_id", "shop_order", ("placed_at", "order_id"), None),
    ("ix_shop_order_brand_id_amount_order_id", "shop_order", ("amount", "order_id"), None),
    ("ix_order_credit_brand_id_group_id_paid_at", "order_credit", ("group_id", "paid_at"), None),
    ("ix_order_credit_brand_id_note_id_paid_at", "order_credit", ("note_id", "paid_at"), None),
    (
        "ix_order_credit_of_creator",
        "order_credit",
        ("touch_creator_id", "paid_at"),
        "touch_creator_id IS NOT NULL",
    ),
    ("ix_order_credit_refunded", "order_credit", ("paid_at",), "refunded > 0"),
)


def upgrade() -> None:
    for made in (FOLD, TOKENS, QUERY):
        op.execute(made)
    for table, (key, at, said, which) in SEARCHED.items():
        op.execute(
            f"CREATE INDEX ix_{table}_search ON {table}"
            f" USING gin (search_tokens(brand_id, {at}, {said})) WHERE {which}"
        )
        op.execute(hits(table, key, at, said, which))
    for name, of, columns, only in INDEXES:
        op.create_index(
            name,
            of,
            ["brand_id", *(sa.text(each) if each == CARD else each for each in columns)],
            unique=False,
            postgresql_where=None if only is None else sa.text(only),
        )
    op.execute("ALTER TABLE customer ALTER COLUMN net TYPE bigint")


def hits(table: str, key: Sequence[str], at: str, said: str, which: str) -> str:
    """The function that gives the keys of a table's rows that have the words."""
    keys = ", ".join(f"t.{name}" for name in key)
    return f"""
CREATE FUNCTION search_{table}(words text[], spans integer[])
RETURNS TABLE ({", ".join(f"{name} text" for name in key)})
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
AS $$
SELECT {keys} FROM public.{table} AS t
WHERE search_tokens(brand_id, {at}, {said}) @@ search_query(words, spans) AND ({which})
$$
"""


def downgrade() -> None:
    op.execute("ALTER TABLE customer ALTER COLUMN net TYPE numeric")
    for name, of, _, _ in reversed(INDEXES):
        op.drop_index(name, table_name=of)
    for table in SEARCHED:
        op.execute(f"DROP FUNCTION search_{table}(text[], integer[])")
        op.execute(f"DROP INDEX ix_{table}_search")
    op.execute("DROP FUNCTION search_query(text[], integer[])")
    op.execute("DROP FUNCTION search_tokens(bigint, timestamptz, text)")
    op.execute("DROP FUNCTION search_fold(text)")
