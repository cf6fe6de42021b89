-- Grain:  one row a group and bucket.
-- Reads:  chat_group, membership, identity, message.
-- Rule:   docs/metrics.md, "Group activity". Buckets follow each other: `bounds` has the start of
--         each and the end of the last, so width_bucket gives the bucket of an instant and,
--         a microsecond earlier, how many bounds lie before it. Nobody is counted day by day:
--         members at a bound are those who came less those who went up to it.
WITH bound AS (
    SELECT CAST(:bounds AS timestamptz[]) AS at, cardinality(CAST(:bounds AS timestamptz[])) AS most
),
stay AS MATERIALIZED (
    SELECT
        m.group_id, i.customer_id, m.joined_at,
        CASE WHEN m.left_at < :as_of THEN m.left_at END AS left_at
    FROM bound AS b
    JOIN membership AS m
        ON m.brand_id = :brand AND m.joined_at <= b.at[b.most] AND m.joined_at < :as_of
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
        AND m.sent_at >= b.at[1] AND m.sent_at < b.at[b.most] AND m.sent_at < :as_of
    WHERE g.brand_id = :brand
        AND (CAST(:group_id AS text) IS NULL OR g.group_id = :group_id)
    GROUP BY g.group_id, m.member_id, n
),
shown AS MATERIALIZED (
    SELECT g.group_id, g.name
    FROM chat_group AS g
    WHERE g.brand_id = :brand
        AND (
            g.group_id = :group_id
            OR CAST(:group_id AS text) IS NULL AND g.group_id IN (
                SELECT s.group_id FROM stay AS s CROSS JOIN bound AS b
                WHERE s.joined_at < b.at[b.most] AND (s.left_at IS NULL OR s.left_at > b.at[1])
                UNION
                SELECT s.group_id FROM sent AS s
            )
        )
),
-- The stays of a customer in a group that overlap or touch are one presence.
begun AS (
    SELECT
        *,
        coalesce(joined_at > max(coalesce(left_at, 'infinity')) OVER (
            PARTITION BY group_id, customer_id ORDER BY joined_at
            ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
        ), true) AS is_new
    FROM stay
),
numbered AS (
    SELECT
        *,
        count(*) FILTER (WHERE is_new) OVER (
            PARTITION BY group_id, customer_id ORDER BY joined_at
            ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
        ) AS turn
    FROM begun
),
-- In numbers of bounds: the bucket it began in, the first bound it is open at, and the first
-- that it is not open at any more (null: none).
presence AS MATERIALIZED (
    SELECT
        p.group_id, p.customer_id,
        width_bucket(p.joined_at, b.at) AS began_in,
        width_bucket(p.joined_at - INTERVAL '1 microsecond', b.at) + 1 AS open_from,
        width_bucket(p.left_at - INTERVAL '1 microsecond', b.at) + 1 AS gone_from,
        lag(width_bucket(p.left_at - INTERVAL '1 microsecond', b.at) + 1) OVER (
            PARTITION BY p.group_id, p.customer_id ORDER BY p.joined_at
        ) AS previous_gone_from
    FROM bound AS b
    CROSS JOIN (
        SELECT
            group_id, customer_id, min(joined_at) AS joined_at,
            nullif(max(coalesce(left_at, 'infinity')), 'infinity') AS left_at
        FROM numbered
        GROUP BY group_id, customer_id, turn
    ) AS p
),
spoke AS (
    SELECT DISTINCT s.group_id, s.n, i.customer_id
    FROM sent AS s
    JOIN identity AS i ON i.brand_id = :brand AND i.space = 'member' AND i.id = s.member_id
),
-- `came` less `went` changes the members from a bound on; `arrivals` are customers who became
-- members inside a bucket, and had not been at its start nor before in it.
change (group_id, n, came, went, arrivals, joins, leaves, messages, speakers, speaking) AS (
    SELECT
        group_id, open_from, count(*), 0, 0, 0, 0, CAST(0 AS numeric), 0, 0
    FROM presence GROUP BY group_id, open_from
    UNION ALL
    SELECT group_id, gone_from, 0, count(*), 0, 0, 0, 0, 0, 0
    FROM presence GROUP BY group_id, gone_from
    UNION ALL
    SELECT group_id, began_in, 0, 0, count(*), 0, 0, 0, 0, 0
    FROM presence
    WHERE open_from > began_in
        AND (previous_gone_from IS NULL OR previous_gone_from <= began_in)
    GROUP BY group_id, began_in
    UNION ALL
    SELECT s.group_id, width_bucket(s.joined_at, b.at) AS n, 0, 0, 0, count(*), 0, 0, 0, 0
    FROM stay AS s CROSS JOIN bound AS b GROUP BY s.group_id, n
    UNION ALL
    SELECT s.group_id, width_bucket(s.left_at, b.at) AS n, 0, 0, 0, 0, count(*), 0, 0, 0
    FROM stay AS s CROSS JOIN bound AS b GROUP BY s.group_id, n
    UNION ALL
    SELECT group_id, n, 0, 0, 0, 0, 0, sum(messages), 0, 0 FROM sent GROUP BY group_id, n
    UNION ALL
    SELECT
        s.group_id, s.n, 0, 0, 0, 0, 0, 0, count(*),
        count(*) FILTER (WHERE p.customer_id IS NOT NULL)
    FROM spoke AS s
    LEFT JOIN (
        SELECT DISTINCT s.group_id, s.n, s.customer_id
        FROM spoke AS s
        JOIN presence AS p
            ON p.group_id = s.group_id AND p.customer_id = s.customer_id
            AND p.began_in <= s.n AND (p.gone_from IS NULL OR p.gone_from > s.n)
    ) AS p ON p.group_id = s.group_id AND p.n = s.n AND p.customer_id = s.customer_id
    GROUP BY s.group_id, s.n
),
changed AS (
    SELECT
        group_id, n, sum(came) - sum(went) AS change, sum(arrivals) AS arrivals,
        sum(joins) AS joins, sum(leaves) AS leaves, sum(messages) AS messages,
        sum(speakers) AS speakers, sum(speaking) AS speaking
    FROM change GROUP BY group_id, n
),
grid AS (
    SELECT
        g.group_id, g.name, n.n, b.most,
        sum(coalesce(c.change, 0)) OVER running AS members,
        coalesce(c.arrivals, 0) AS arrivals, coalesce(c.joins, 0) AS joins,
        coalesce(c.leaves, 0) AS leaves, coalesce(c.messages, 0) AS messages,
        coalesce(c.speakers, 0) AS speakers, coalesce(c.speaking, 0) AS speaking_members
    FROM shown AS g
    CROSS JOIN bound AS b
    CROSS JOIN LATERAL generate_series(1, b.most) AS n (n)
    LEFT JOIN changed AS c ON c.group_id = g.group_id AND c.n = n.n
    WINDOW running AS (PARTITION BY g.group_id ORDER BY n.n)
),
bucket AS (
    SELECT *, lead(members) OVER (PARTITION BY group_id ORDER BY n) AS members_end FROM grid
)
SELECT
    group_id, name, n, members AS members_start, members_end, joins, leaves, messages, speakers,
    members + arrivals AS members_during, speaking_members
FROM bucket
WHERE n < most
ORDER BY group_id, n
LIMIT :most
