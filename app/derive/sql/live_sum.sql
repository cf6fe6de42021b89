-- Grain:  one row a live asked for; none where there is nothing to count.
-- Reads:  live_view, identity, joining, order_credit.
-- Rule:   docs/metrics.md, "Lives".
WITH derived AS MATERIALIZED (
    SELECT
        l.live_id, v.viewers, v.group_viewers, j.joins, o.orders, o.gmv, o.member_orders,
        o.member_gmv
    FROM unnest(CAST(:lives AS text[])) AS l (live_id)
    CROSS JOIN LATERAL (
        SELECT count(*) AS viewers, count(*) FILTER (WHERE is_of_group) AS group_viewers
        FROM (
            SELECT
                i.customer_id,
                bool_or(v.group_id IS NOT NULL OR EXISTS (
                    SELECT FROM joining AS j
                    WHERE j.brand_id = :brand AND j.customer_id = i.customer_id
                        AND j.joined_at <= v.viewed_at
                        AND (j.left_at IS NULL OR j.left_at > v.viewed_at)
                )) AS is_of_group
            FROM live_view AS v
            JOIN identity AS i ON i.brand_id = :brand AND i.space = 'member' AND i.id = v.member_id
            WHERE v.brand_id = :brand AND v.live_id = l.live_id
            GROUP BY i.customer_id
        ) AS viewer
    ) AS v
    CROSS JOIN LATERAL (
        SELECT count(*) AS joins FROM joining AS j
        WHERE j.brand_id = :brand AND j.live_id = l.live_id
    ) AS j
    CROSS JOIN LATERAL (
        SELECT
            count(*) AS orders, coalesce(sum(amount), 0) AS gmv,
            count(*) FILTER (WHERE cell IN ('member_and_touch', 'member_only')) AS member_orders,
            coalesce(sum(amount) FILTER (
                WHERE cell IN ('member_and_touch', 'member_only')
            ), 0) AS member_gmv
        FROM order_credit AS o
        WHERE o.brand_id = :brand AND o.live_id = l.live_id
    ) AS o
    WHERE v.viewers + j.joins + o.orders > 0
)
