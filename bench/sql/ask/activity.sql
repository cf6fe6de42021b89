WITH stay AS MATERIALIZED (
    SELECT
        m.group_id, i.customer_id, m.joined_at,
        CASE WHEN m.left_at < $as_of THEN m.left_at END AS left_at
    FROM membership AS m
    JOIN identity AS i ON i.space = 'member' AND i.id = m.member_id
    WHERE m.joined_at <= $end AND m.joined_at < $as_of
        AND (m.left_at IS NULL OR m.left_at >= $start OR m.left_at >= $as_of)
        AND (m.left_at IS NULL OR m.left_at > m.joined_at)
),
sent AS MATERIALIZED (
    SELECT
        group_id, member_id, place_of(sent_at, $bucket, $first_day, $end_day, $last) AS n,
        count(*) FILTER (WHERE recalled_at IS NULL OR recalled_at >= $as_of) AS messages
    FROM message
    WHERE sent_at >= $start AND sent_at < $end AND sent_at < $as_of
    GROUP BY ALL
),
piece AS (
    SELECT group_id, customer_id, greatest(joined_at, covered) AS joined_at, left_at, covered
    FROM (
        SELECT
            *,
            max(coalesce(left_at, CAST('infinity' AS TIMESTAMP))) OVER (
                PARTITION BY group_id, customer_id ORDER BY joined_at
                ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
            ) AS covered
        FROM stay
    ) AS told
    WHERE covered IS NULL OR coalesce(left_at, CAST('infinity' AS TIMESTAMP)) > covered
),
presence AS MATERIALIZED (
    SELECT
        group_id, customer_id,
        place_of(joined_at, $bucket, $first_day, $end_day, $last) AS began_in,
        place_of(joined_at - INTERVAL 1 MICROSECOND, $bucket, $first_day, $end_day, $last) + 1
            AS open_from,
        CASE WHEN left_at IS NOT NULL THEN
            place_of(left_at - INTERVAL 1 MICROSECOND, $bucket, $first_day, $end_day, $last) + 1
        END AS gone_from,
        CASE WHEN covered IS NOT NULL THEN
            place_of(covered - INTERVAL 1 MICROSECOND, $bucket, $first_day, $end_day, $last) + 1
        END AS previous_gone_from
    FROM piece
),
spoke AS (
    SELECT DISTINCT s.group_id, i.customer_id, s.n
    FROM sent AS s
    JOIN identity AS i ON i.space = 'member' AND i.id = s.member_id
),
heard AS (
    SELECT
        s.group_id, s.n,
        bool_or(p.began_in <= s.n AND coalesce(p.gone_from, $last + 1) > s.n) AS is_member
    FROM spoke AS s
    LEFT JOIN presence AS p ON p.group_id = s.group_id AND p.customer_id = s.customer_id
    GROUP BY s.group_id, s.customer_id, s.n
),
change AS (
    SELECT g.group_id, n, 0 AS change, 0 AS arrivals, 0 AS joins, 0 AS leaves, 0 AS messages,
        0 AS speakers, 0 AS speaking
    FROM chat_group AS g CROSS JOIN (SELECT unnest(range(1, $last + 1)) AS n) AS bucket
    UNION ALL
    SELECT group_id, open_from, count(*), 0, 0, 0, 0, 0, 0 FROM presence GROUP BY ALL
    UNION ALL
    SELECT group_id, gone_from, -count(*), 0, 0, 0, 0, 0, 0
    FROM presence WHERE gone_from IS NOT NULL GROUP BY ALL
    UNION ALL
    SELECT group_id, began_in, 0, count(*), 0, 0, 0, 0, 0
    FROM presence
    WHERE open_from > began_in AND (previous_gone_from IS NULL OR previous_gone_from <= began_in)
    GROUP BY ALL
    UNION ALL
    SELECT group_id, place_of(joined_at, $bucket, $first_day, $end_day, $last), 0, 0, count(*),
        0, 0, 0, 0
    FROM stay GROUP BY ALL
    UNION ALL
    SELECT group_id, place_of(left_at, $bucket, $first_day, $end_day, $last), 0, 0, 0, count(*),
        0, 0, 0
    FROM stay WHERE left_at IS NOT NULL GROUP BY ALL
    UNION ALL
    SELECT group_id, n, 0, 0, 0, 0, sum(messages), 0, 0 FROM sent GROUP BY ALL
    UNION ALL
    SELECT group_id, n, 0, 0, 0, 0, 0, count(*), count(*) FILTER (WHERE is_member)
    FROM heard GROUP BY ALL
),
changed AS (
    SELECT group_id, n, sum(COLUMNS(* EXCLUDE (group_id, n))) FROM change GROUP BY group_id, n
),
counted AS (
    SELECT
        *, sum(change) OVER (PARTITION BY group_id ORDER BY n) AS members,
    FROM changed
),
bucket AS (
    SELECT
        *, lead(members) OVER (PARTITION BY group_id ORDER BY n) AS members_end,
        bool_or(n BETWEEN 1 AND $last - 1 AND (members + arrivals > 0 OR speakers > 0))
            OVER (PARTITION BY group_id) AS is_active
    FROM counted
)
SELECT
    b.group_id, g.name, CAST(b.n AS INTEGER), CAST(b.members AS BIGINT),
    CAST(b.members_end AS BIGINT), CAST(b.joins AS BIGINT), CAST(b.leaves AS BIGINT),
    CAST(b.messages AS BIGINT), CAST(b.speakers AS BIGINT),
    CAST(b.members + b.arrivals AS BIGINT), CAST(b.speaking AS BIGINT)
FROM bucket AS b
JOIN chat_group AS g USING (group_id)
WHERE b.n BETWEEN 1 AND $last - 1 AND b.is_active
ORDER BY b.group_id, b.n
