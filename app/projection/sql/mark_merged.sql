-- Grain:  one row a live, or month of a group, in which a merged customer counts by several ids.
-- Reads:  identity, live_view, message, calendar, brand.  Writes: dirty_sum.
-- Rule:   who is there by a single member id counts as before, whatever the customer is called.
WITH twin AS MATERIALIZED (
    SELECT m.id
    FROM (
        SELECT k.id, array_agg(i.id) AS ids
        FROM unnest(CAST(:customers AS text[])) AS k (id)
        CROSS JOIN LATERAL (
            SELECT n.id, n.space FROM identity AS n
            WHERE n.brand_id = :brand AND n.customer_id = k.id COLLATE "C"
            OFFSET 0 -- keeps it a look-up for each; else all of the brand may be read
        ) AS i
        WHERE i.space = 'member'
        GROUP BY k.id
        HAVING count(*) > 1
    ) AS c
    CROSS JOIN LATERAL unnest(c.ids) AS m (id)
),
said AS (
    SELECT DISTINCT w.group_id, d.day
    FROM twin AS t
    CROSS JOIN LATERAL (
        SELECT w.group_id, w.sent_at
        FROM message AS w
        WHERE w.brand_id = :brand AND w.member_id = t.id
        OFFSET 0 -- keeps it a look-up for each; else all messages of the brand are hashed
    ) AS w
    CROSS JOIN LATERAL (
        SELECT CAST(c.day AS timestamp) AS day FROM calendar AS c
        WHERE c.timezone = (SELECT timezone FROM brand WHERE brand_id = :brand)
            AND c.starts_at <= w.sent_at
        ORDER BY c.starts_at DESC
        LIMIT 1
    ) AS d
)
INSERT INTO dirty_sum (brand_id, kind, key, start)
SELECT CAST(:brand AS bigint), m.kind, m.key, m.start
FROM (
    SELECT 'live' AS kind, v.live_id AS key, CAST('-infinity' AS date) AS start
    FROM twin AS t
    JOIN live_view AS v ON v.brand_id = :brand AND v.member_id = t.id
    UNION
    SELECT 'group', s.group_id, CAST(date_trunc('month', p.start) AS date)
    FROM said AS s
    CROSS JOIN LATERAL (VALUES (s.day), (date_trunc('week', s.day))) AS p (start)
) AS m
ORDER BY m.kind, m.key, m.start
ON CONFLICT DO NOTHING
