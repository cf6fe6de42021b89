-- Memberships: a first group for every member, a second for three in ten; a third leave, and a
-- fifth of these come again. Seven in ten came from a note, one in ten from a live.
CREATE TABLE stay AS
WITH first_stay AS (
    SELECT
        c * 4 + k AS s, c, member_id, CASE WHEN k = 0 THEN g1 ELSE g2 END AS g,
        arrived + wait(c * 4 + k, 'join', 20) * (1 + 2 * k) AS joined
    FROM customer, (SELECT unnest([0, 1]) AS k) AS twice
    WHERE is_member AND (k = 0 OR chance(c, 'two groups') < 0.3)
),
left_stay AS (
    SELECT
        *,
        CASE WHEN chance(s, 'leave') < 0.35 THEN joined + wait(s, 'stay', 60) END AS "left"
    FROM first_stay
),
again AS (
    SELECT s + 2 AS s, c, member_id, g, "left" + 60 + wait(s, 'return', 20) AS joined, NULL AS "left"
    FROM left_stay
    WHERE chance(s, 'again') < 0.2 AND "left" IS NOT NULL
),
owner AS (
    SELECT -1 - range AS s, NULL AS c, staff_code(range) AS member_id, range AS g,
        0.0 AS joined, NULL AS "left"
    FROM range(getvariable('groups'))
)
SELECT
    s, member_id, g, joined,
    CASE WHEN "left" < getvariable('seconds') THEN "left" END AS "left"
FROM (FROM left_stay UNION ALL FROM again UNION ALL FROM owner) AS every
WHERE joined < getvariable('seconds');

CREATE TABLE membership AS
SELECT
    group_code(g) AS group_id, member_id, instant(joined) AS joined_at, instant("left") AS left_at,
    CASE WHEN "left" IS NULL THEN NULL WHEN chance(s, 'reason') < 0.9 THEN 'left' ELSE 'removed' END
        AS leave_reason,
    source_kind,
    CASE WHEN source_kind = 'note' THEN code('n', recent(s, 'note', getvariable('notes'), joined)) END
        AS note_id,
    CASE WHEN source_kind = 'live' THEN live_code(greatest(0, CAST(floor(joined / 86400) AS BIGINT) - 1))
        END AS live_id,
    CASE WHEN s < 0 THEN 'owner' ELSE 'member' END AS role
FROM (
    SELECT
        *,
        CASE
            WHEN s < 0 THEN NULL
            WHEN chance(s, 'source') < 0.7 THEN 'note'
            WHEN chance(s, 'source') < 0.8 THEN 'live'
            WHEN chance(s, 'source') < 0.85 THEN 'share'
            WHEN chance(s, 'source') < 0.9 THEN 'qr_code'
        END AS source_kind
    FROM stay
) AS sourced
ORDER BY joined;

CREATE TABLE member AS
SELECT member_id, '昵称 ' || substr(member_id, 1, 6) AS nickname
FROM (SELECT member_id, min(joined) AS joined FROM stay GROUP BY member_id) AS known
ORDER BY joined;

CREATE TABLE seat AS
SELECT
    g, joined, "left", member_id, row_number() OVER (PARTITION BY g ORDER BY joined, s) - 1 AS place
FROM stay;

CREATE TABLE message (
    group_id VARCHAR, message_id VARCHAR, sent_at TIMESTAMP, recalled_at TIMESTAMP,
    member_id VARCHAR, kind VARCHAR, text VARCHAR
);
