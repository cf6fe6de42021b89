-- Grain:  one row a group and bucket.
-- Reads:  chat_group, membership, identity, message.
-- Rule:   docs/metrics.md, "Group activity". Buckets follow each other: `bounds` has the start of
--         each and the end of the last, so width_bucket gives the bucket of an instant and,
--         a microsecond earlier, how many bounds lie before it. Nobody is counted day by day:
--         members at a bound are those who came less those who went up to it.
WITH bound AS NOT MATERIALIZED (
    SELECT CAST(:bounds AS timestamptz[]) AS at, cardinality(CAST(:bounds AS timestamptz[])) AS last
),
stay AS MATERIALIZED (
    SELECT
        m.group_id, i.customer_id, m.joined_at,
        CASE WHEN m.left_at < :as_of THEN m.left_at END AS left_at
    FROM bound AS b
    JOIN membership AS m
        ON m.brand_id = :brand AND m.joined_at <= b.at[b.last] AND m.joined_at < :as_of
        AND (m.left_at IS NULL OR m.left_at >= b.at[1] OR m.left_at >= :as_of)
    JOIN identity AS i ON i.brand_id = :brand AND i.space = 'member' AND i.id = m.member_id
    WHERE (m.left_at IS NULL OR m.left_at > m.joined_at)
        AND (CAST(:group_id AS text) IS NULL OR m.group_id = :group_id)
),
sent AS MATERIALIZED (
    SELECT
        g.group_id, m.member_id, width_bucket(m.sent_at, b.at) AS n,
        count(*) FILTER (WHERE m.recalled_at IS NULL OR m.recalled_at >= :as_of) AS messages
    FROM bound AS b
    CROSS JOIN chat_group AS g
    JOIN message AS m
        ON m.brand_id = :brand AND m.group_id = g.group_id
        AND m.sent_at >= b.at[1] AND m.sent_at < b.at[b.last] AND m.sent_at < :as_of
    WHERE g.brand_id = :brand
        AND (CAST(:group_id AS text) IS NULL OR g.group_id = :group_id)
    GROUP BY g.group_id, m.member_id, n
),
-- What each stay adds to the presence of its customer in the group: from where those begun
-- before it reach (`covered`), so that the pieces of a customer never overlap.
piece AS (
    SELECT group_id, customer_id, greatest(joined_at, covered) AS joined_at, left_at, covered
    FROM (
        SELECT
            *,
            max(coalesce(left_at, 'infinity')) OVER (
                PARTITION BY group_id, customer_id ORDER BY joined_at
                ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
            ) AS covered
        FROM stay
    ) AS told
    WHERE covered IS NULL OR coalesce(left_at, 'infinity') > covered
),
-- In numbers of bounds: the bucket it began in, the first bound it is open at, the first that
-- it is not open at any more (null: none), and the same of what came before it.
presence AS MATERIALIZED (
    SELECT
        p.group_id, p.customer_id,
        width_bucket(p.joined_at, b.at) AS began_in,
        width_bucket(p.joined_at - INTERVAL '1 microsecond', b.at) + 1 AS open_from,
        width_bucket(p.left_at - INTERVAL '1 microsecond', b.at) + 1 AS gone_from,
        width_bucket(p.covered - INTERVAL '1 microsecond', b.at) + 1 AS previous_gone_from
    FROM bound AS b CROSS JOIN piece AS p
),
-- A speaker's bucket follows in time the presences begun in it or before; of these none reaches
-- further than the latest, so the speaker was a member then where it goes beyond the start.
spoke AS (
    SELECT s.group_id, i.customer_id, s.n
    FROM sent AS s
    JOIN identity AS i ON i.brand_id = :brand AND i.space = 'member' AND i.id = s.member_id
    GROUP BY s.group_id, i.customer_id, s.n
),
heard AS (
    SELECT
        group_id, n, speaks,
        max(gone_from) OVER (PARTITION BY group_id, customer_id ORDER BY n) > n AS is_member
    FROM (
        SELECT group_id, customer_id, n, true AS speaks, NULL AS gone_from FROM spoke
        UNION ALL
        SELECT p.group_id, p.customer_id, p.began_in, false, coalesce(p.gone_from, b.last + 1)
        FROM presence AS p CROSS JOIN bound AS b
    ) AS line
),
-- `came` less `went` changes the members from a bound on; `arrivals` are customers who became
-- members inside a bucket, and had not been at its start nor before in it. The first rows are
-- the grid itself, with zeros.
change (
    group_id, n, is_grid, came, went, arrivals, joins, leaves, messages, speakers, speaking
) AS (
    SELECT g.group_id, n.n, true, 0, 0, 0, 0, 0, CAST(0 AS numeric), 0, 0
    FROM chat_group AS g CROSS JOIN bound AS b CROSS JOIN LATERAL generate_series(1, b.last) AS n (n)
    WHERE g.brand_id = :brand
        AND (CAST(:group_id AS text) IS NULL OR g.group_id = :group_id)
    UNION ALL
    SELECT group_id, open_from, false, count(*), 0, 0, 0, 0, 0, 0, 0
    FROM presence GROUP BY group_id, open_from
    UNION ALL
    SELECT group_id, gone_from, false, 0, count(*), 0, 0, 0, 0, 0, 0
    FROM presence GROUP BY group_id, gone_from
    UNION ALL
    SELECT group_id, began_in, false, 0, 0, count(*), 0, 0, 0, 0, 0
    FROM presence
    WHERE open_from > began_in
        AND (previous_gone_from IS NULL OR previous_gone_from <= began_in)
    GROUP BY group_id, began_in
    UNION ALL
    SELECT s.group_id, width_bucket(s.joined_at, b.at) AS n, false, 0, 0, 0, count(*), 0, 0, 0, 0
    FROM stay AS s CROSS JOIN bound AS b GROUP BY s.group_id, n
    UNION ALL
    SELECT s.group_id, width_bucket(s.left_at, b.at) AS n, false, 0, 0, 0, 0, count(*), 0, 0, 0
    FROM stay AS s CROSS JOIN bound AS b GROUP BY s.group_id, n
    UNION ALL
    SELECT group_id, n, false, 0, 0, 0, 0, 0, sum(messages), 0, 0 FROM sent GROUP BY group_id, n
    UNION ALL
    SELECT group_id, n, false, 0, 0, 0, 0, 0, 0, count(*), count(*) FILTER (WHERE is_member)
    FROM heard WHERE speaks GROUP BY group_id, n
),
changed AS (
    SELECT
        group_id, n, sum(came) - sum(went) AS change, sum(arrivals) AS arrivals,
        sum(joins) AS joins, sum(leaves) AS leaves, sum(messages) AS messages,
        sum(speakers) AS speakers, sum(speaking) AS speaking_members
    FROM change
    GROUP BY group_id, n
    HAVING bool_or(is_grid)
),
counted AS (
    SELECT *, sum(change) OVER (PARTITION BY group_id ORDER BY n) AS members FROM changed
),
bucket AS (
    SELECT
        c.*, b.last, c.members + c.arrivals AS members_during,
        lead(c.members) OVER (PARTITION BY c.group_id ORDER BY c.n) AS members_end,
        bool_or(c.n < b.last AND (c.members + c.arrivals > 0 OR c.speakers > 0))
            OVER (PARTITION BY c.group_id) AS is_active
    FROM counted AS c CROSS JOIN bound AS b
)
SELECT
    c.group_id, g.name, c.n, c.members AS members_start, c.members_end, c.joins, c.leaves,
    c.messages, c.speakers, c.members_during, c.speaking_members
FROM bucket AS c
JOIN chat_group AS g ON g.brand_id = :brand AND g.group_id = c.group_id
WHERE c.n < c.last AND (c.is_active OR c.group_id = :group_id)
ORDER BY c.group_id, c.n
LIMIT :rows
