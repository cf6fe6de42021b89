-- Grain:  one row a local day with orders or refunds, month of a group, and live.
-- Reads:  shop_order, refund, message, membership, live_view, calendar, brand and every sum.
-- Writes: dirty_sum.
-- Rule:   a few too many do no harm: where nothing is to be counted, no row is kept.
WITH zone AS (
    SELECT timezone FROM brand WHERE brand_id = :brand
),
reach AS (
    SELECT g.group_id, r.first_at, r.last_at
    FROM chat_group AS g
    CROSS JOIN LATERAL (
        SELECT
            least(
                (SELECT min(m.sent_at) FROM message AS m
                WHERE m.brand_id = :brand AND m.group_id = g.group_id),
                (SELECT min(s.joined_at) FROM membership AS s
                WHERE s.brand_id = :brand AND s.group_id = g.group_id)
            ) AS first_at,
            greatest(
                (SELECT max(m.sent_at) FROM message AS m
                WHERE m.brand_id = :brand AND m.group_id = g.group_id),
                (SELECT max(s.joined_at) FROM membership AS s
                WHERE s.brand_id = :brand AND s.group_id = g.group_id),
                (SELECT max(s.left_at) FROM membership AS s
                WHERE s.brand_id = :brand AND s.group_id = g.group_id)
            ) AS last_at
    ) AS r
    WHERE g.brand_id = :brand AND r.first_at IS NOT NULL
),
-- Two days more on each side, whatever the zone, and the week that reaches back.
happened AS (
    SELECT min(at) - INTERVAL '2 days' AS first_at, max(at) + INTERVAL '2 days' AS last_at
    FROM (
        SELECT min(paid_at) AS at FROM shop_order WHERE brand_id = :brand
        UNION ALL
        SELECT max(paid_at) FROM shop_order WHERE brand_id = :brand
        UNION ALL
        SELECT min(refunded_at) FROM refund WHERE brand_id = :brand
        UNION ALL
        SELECT max(refunded_at) FROM refund WHERE brand_id = :brand
    ) AS edge
)
INSERT INTO dirty_sum (brand_id, kind, key, start)
SELECT CAST(:brand AS bigint), m.kind, m.key, m.start
FROM (
    SELECT 'day' AS kind, '' AS key, c.day AS start
    FROM happened AS h
    JOIN calendar AS c ON c.starts_at >= h.first_at AND c.starts_at <= h.last_at
    WHERE c.timezone = (SELECT timezone FROM zone)
    UNION
    SELECT 'day', '', start FROM sale_sum WHERE brand_id = :brand AND grain = 'day'
    UNION
    SELECT 'day', '', start FROM purchase_sum WHERE brand_id = :brand AND grain = 'day'
    UNION
    SELECT 'group', r.group_id, CAST(d.start AS date)
    FROM reach AS r
    CROSS JOIN LATERAL generate_series(
        date_trunc('month', r.first_at - INTERVAL '9 days'),
        date_trunc('month', r.last_at + INTERVAL '2 days'),
        INTERVAL '1 month'
    ) AS d (start)
    UNION
    SELECT 'group', group_id, CAST(date_trunc('month', CAST(start AS timestamp)) AS date)
    FROM group_sum WHERE brand_id = :brand
    UNION
    SELECT 'live', live_id, '-infinity' FROM live WHERE brand_id = :brand
    UNION
    SELECT 'live', live_id, '-infinity' FROM live_sum WHERE brand_id = :brand
) AS m
ORDER BY m.kind, m.key, m.start
ON CONFLICT DO NOTHING
