-- Grain:  one row.
-- Reads:  membership, identity, order_credit; segment_member where a segment is asked for.
-- Rule:   docs/metrics.md, "Before and after joining": the same customers on both sides of their
--         first joining of all.
WITH joined AS (
    SELECT DISTINCT ON (i.customer_id) i.customer_id, m.joined_at, m.group_id, m.note_id
    FROM membership AS m
    JOIN identity AS i ON i.brand_id = :brand AND i.space = 'member' AND i.id = m.member_id
    WHERE m.brand_id = :brand
        AND m.joined_at >= :start AND m.joined_at < :end AND m.joined_at < :as_of
        AND (m.left_at IS NULL OR m.left_at > m.joined_at)
    ORDER BY i.customer_id, m.joined_at, m.group_id, m.member_id
),
newcomer AS MATERIALIZED (
    SELECT j.customer_id, j.joined_at, within.span
    FROM joined AS j
    CROSS JOIN (
        SELECT make_interval(hours => 24 * CAST(:days AS integer)) AS span
    ) AS within
    WHERE j.joined_at + within.span <= :as_of
        AND (CAST(:group_id AS text) IS NULL OR j.group_id = :group_id)
        AND (CAST(:note_id AS text) IS NULL OR j.note_id = :note_id)
        AND (CAST(:segment_id AS text) IS NULL OR CAST(:inside AS boolean) = EXISTS (
            SELECT FROM segment_member AS picked WHERE picked.brand_id = :brand
                AND picked.segment_id = :segment_id AND picked.customer_id = j.customer_id
        ))
        -- LIMIT keeps this a look-up for each newcomer; as an anti-join it was planned as a loop
        -- over everybody's memberships.
        AND (
            SELECT m.joined_at
            FROM identity AS i
            JOIN membership AS m ON m.brand_id = :brand AND m.member_id = i.id
            WHERE i.brand_id = :brand AND i.customer_id = j.customer_id AND i.space = 'member'
                AND m.joined_at < :start
                AND (m.left_at IS NULL OR m.left_at > m.joined_at)
            LIMIT 1
        ) IS NULL
),
side AS (
    SELECT
        n.customer_id, o.paid_at >= n.joined_at AS is_after,
        count(DISTINCT o.paid_day) FILTER (
            WHERE o.amount > 0
                AND (o.fully_refunded_at IS NULL OR o.fully_refunded_at >= :as_of)
        ) AS purchases,
        sum(o.amount) AS gmv
    FROM newcomer AS n
    JOIN order_credit AS o
        ON o.brand_id = :brand AND o.customer_id = n.customer_id
        AND o.paid_at >= n.joined_at - n.span AND o.paid_at < n.joined_at + n.span
        AND o.paid_at < :as_of
    GROUP BY n.customer_id, is_after
)
SELECT
    (SELECT count(*) FROM newcomer) AS customers,
    count(*) FILTER (WHERE NOT is_after AND purchases > 0) AS buyers_before,
    coalesce(sum(purchases) FILTER (WHERE NOT is_after), 0) AS purchases_before,
    coalesce(sum(gmv) FILTER (WHERE NOT is_after), 0) AS gmv_before,
    count(*) FILTER (WHERE is_after AND purchases > 0) AS buyers_after,
    coalesce(sum(purchases) FILTER (WHERE is_after), 0) AS purchases_after,
    coalesce(sum(gmv) FILTER (WHERE is_after), 0) AS gmv_after
FROM side
