"""What a filled database is made of: the rows of each table by SQL, one expression a column."""

from bench.deliveries import TEXTS

TABLES = """
CREATE FUNCTION bench_id(ordered boolean, ms bigint, n bigint) RETURNS text LANGUAGE sql IMMUTABLE
AS $$ SELECT CAST(CAST(CASE WHEN ordered
    THEN overlay(md5(CAST(n AS text)) PLACING lpad(to_hex(ms), 12, '0') FROM 1 FOR 12)
    ELSE md5(CAST(n AS text)) END AS uuid) AS text) $$;
CREATE FUNCTION bench_stamps(ms bigint, id text) RETURNS jsonb LANGUAGE sql IMMUTABLE
AS $$ SELECT CAST('{"*": [' || ms * 1000 || ', "' || id || '", "bench"]}' AS jsonb) $$;
CREATE TABLE bench_brand (brand_id bigint, ordered boolean, members int, groups int, events bigint,
    began timestamptz, span interval);
CREATE TABLE bench_part (brand_id bigint, first bigint, last bigint, ms0 bigint, ms_each float);
CREATE VIEW bench_event AS
SELECT
    p.brand_id, n, n % 100 AS slot, t.ms, to_timestamp(t.ms / 1000.0) AS at,
    bench_id(b.ordered, t.ms, n) AS id,
    'u' || lpad(CAST(m.m AS text), 7, '0') AS member,
    'g' || lpad(CAST(m.m % b.groups AS text), 4, '0') AS "group",
    'n' || lpad(CAST(n % 300 AS text), 5, '0') AS note
FROM bench_part AS p
JOIN bench_brand AS b USING (brand_id)
CROSS JOIN LATERAL generate_series(p.first, p.last) AS n
CROSS JOIN LATERAL (SELECT CAST(p.ms0 + (n - p.first) * p.ms_each AS bigint) AS ms) AS t
CROSS JOIN LATERAL (
    SELECT (n * b.members / b.events + (hashint8(n) & 2147483647) % (b.members / 4 + 1)) % b.members
        AS m
) AS m;
CREATE VIEW bench_member AS
SELECT
    brand_id, 'u' || lpad(CAST(m AS text), 7, '0') AS member,
    'g' || lpad(CAST(m % groups AS text), 4, '0') AS "group",
    'n' || lpad(CAST(m % 300 AS text), 5, '0') AS note,
    bench_id(ordered, CAST(extract(EPOCH FROM began) * 1000 AS bigint) + m, -1 - m) AS id,
    began + span * greatest(0, CAST(m AS float) / members - 0.25) AS joined_at,
    began + span * (CAST(m AS float) / members) AS spoke_at,
    CASE WHEN m % 2 = 0 AND m > members / 50 THEN began + span * (CAST(m AS float) / members) END
        AS left_at
FROM bench_brand CROSS JOIN LATERAL generate_series(0, members - 1) AS m
"""
FORGET = """
DROP VIEW bench_member, bench_event;
DROP TABLE bench_part, bench_brand;
DROP FUNCTION bench_id, bench_stamps
"""

EVENT, MEMBER = "bench_event", "bench_member"
TEXT = f"(ARRAY[{', '.join(repr(text) for text in TEXTS)}])[n % {len(TEXTS)} + 1]"
RAW = (
    """'{"id":"' || id || '","type":"message.sent","time":"'
|| to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS') || '+00:00","data":{"group_id":"'
|| "group" || '","member_id":"' || member
|| '","kind":"text","text":"' || """
    + TEXT
    + """ || '"}}'"""
)
FILLS: tuple[tuple[str, str, dict[str, str]], ...] = (
    ("message", f"{EVENT} WHERE slot < 80", {
        "group_id": '"group"', "message_id": "'m-' || id", "sent_at": "at", "member_id": "member",
        "kind": "'text'", "text": TEXT,
        "recalled_at": "CASE WHEN n % 80 = 0 THEN at + interval '1 minute' END",
        "stamps": "bench_stamps(ms, id)",
    }),
    ("event", EVENT, {
        "event_no": "(ms << 20) | (n & 1048575)", "source": "'bench'", "event_id": "id",
        "raw": RAW, "received_at": "at",
    }),
    ("message_identity", f"{EVENT} WHERE slot < 80", {
        "group_id": '"group"', "message_id": "'m-' || id", "sent_at": "at",
    }),
    ("event_identity", EVENT, {
        "source": "'bench'", "event_id": "id", "content_hash": "decode(md5(id), 'hex')",
    }),
    ("membership", MEMBER, {
        "group_id": '"group"', "member_id": "member", "joined_at": "joined_at", "n": "0",
        "left_at": "left_at", "join_inferred": "false", "leave_inferred": "false",
        "leave_reason": "CASE WHEN left_at IS NOT NULL THEN 'left' END", "source_at": "joined_at",
        "source_kind": "'note'", "note_id": "note",
    }),
    ("membership_event", MEMBER, {
        "group_id": '"group"', "at": "joined_at", "event_id": "id", "event_source": "'bench'",
        "kind": "'join'", "member_id": "member", "source_kind": "'note'", "note_id": "note",
    }),
    ("membership_event", f"{MEMBER} WHERE left_at IS NOT NULL", {
        "group_id": '"group"', "at": "left_at", "event_id": "md5(id)", "event_source": "'bench'",
        "kind": "'leave'", "member_id": "member", "reason": "'left'",
    }),
    ("card_click", f"{EVENT} WHERE slot BETWEEN 88 AND 92", {
        "event_id": "id", "event_source": "'bench'", "group_id": '"group"',
        "member_id": "member", "clicked_at": "at", "note_id": "note",
    }),
    ("shop_order", f"{EVENT} WHERE slot BETWEEN 93 AND 97", {
        "order_id": "'o-' || id", "buyer_id": "member", "amount": "1000 + n % 99000",
        "currency": "'CNY'", "kind": "'normal'", "paid_at": "at",
        "items": """CAST('[{"sku":"sku' || n % 97 || '","quantity":1}]' AS jsonb)""",
        "stamps": "bench_stamps(ms, id)",
    }),
    ("note_measurement", f"{EVENT} WHERE slot = 98", {
        "event_id": "id", "event_source": "'bench'", "note_id": "note", "measured_at": "at",
        "views": "n % 100000", "likes": "n % 5000",
    }),
    ("member", MEMBER, {"member_id": "member", "nickname": "'小红'"}),
    ("member_speech", MEMBER, {"member_id": "member", "last_spoke_at": "spoke_at"}),
    ("identity", MEMBER, {"space": "'member'", "id": "member", "customer_id": "'m:' || member"}),
    ("identity", f"{EVENT} WHERE slot BETWEEN 93 AND 97 GROUP BY brand_id, member", {
        "space": "'buyer'", "id": "member", "customer_id": "'b:' || member",
    }),
    ("chat_group", "bench_brand CROSS JOIN LATERAL generate_series(0, groups - 1) AS g", {
        "group_id": "'g' || lpad(CAST(g AS text), 4, '0')",
    }),
    ("note", "bench_brand CROSS JOIN LATERAL generate_series(0, 299) AS n", {
        "note_id": "'n' || lpad(CAST(n AS text), 5, '0')",
    }),
    ("horizon", "bench_brand", {"latest_at": "now()"}),
)  # fmt: skip
"""Table, where its rows come from, and an expression a column."""

PARTED = """
SELECT c.relname AS table, b.part
FROM pg_class AS c CROSS JOIN LATERAL partitions_of(CAST(c.oid AS regclass)) AS b
WHERE c.relname = ANY ($1) AND c.relnamespace = to_regnamespace(current_schema())
    AND c.relkind = 'p' AND NOT b.is_default AND b.starts IS NULL
"""
"""The partitions of what came before, empty yet: months take their place."""

LEAN = """
SELECT c.relname AS table, k.conname AS name, 'ALTER TABLE ' || c.relname || ' ADD CONSTRAINT '
    || k.conname || ' ' || pg_get_constraintdef(k.oid) AS make,
    'ALTER TABLE ' || c.relname || ' DROP CONSTRAINT ' || k.conname AS drop
FROM pg_constraint AS k JOIN pg_class AS c ON c.oid = k.conrelid
WHERE c.relname = ANY ($1) AND c.relnamespace = to_regnamespace(current_schema())
    AND k.contype IN ('p', 'u', 'x')
UNION ALL
SELECT c.relname, i.relname, replace(pg_get_indexdef(i.oid), ' ON ONLY ', ' ON '),
    'DROP INDEX ' || i.relname
FROM pg_index AS x
JOIN pg_class AS c ON c.oid = x.indrelid
JOIN pg_class AS i ON i.oid = x.indexrelid
WHERE c.relname = ANY ($1) AND c.relnamespace = to_regnamespace(current_schema())
    AND NOT EXISTS (SELECT FROM pg_constraint AS k WHERE k.conindid = i.oid)
"""
"""What a table is without while it is filled; of a partitioned one its partitions follow it."""
