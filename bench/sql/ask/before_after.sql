WITH first_joining AS (
    SELECT i.customer_id, min(m.joined_at) AS joined_at
    FROM membership AS m
    JOIN identity AS i ON i.space = 'member' AND i.id = m.member_id
    WHERE m.joined_at < $end AND m.joined_at < $as_of
        AND (m.left_at IS NULL OR m.left_at > m.joined_at)
    GROUP BY i.customer_id
    HAVING min(m.joined_at) >= $start AND min(m.joined_at) + INTERVAL 30 DAY <= $as_of
),
side AS (
    SELECT
        j.customer_id, o.paid_at >= j.joined_at AS is_after,
        count(DISTINCT o.paid_day) FILTER (
            WHERE o.amount > 0
                AND (o.fully_refunded_at IS NULL OR o.fully_refunded_at >= $as_of)
        ) AS purchases,
        sum(o.amount) AS gmv
    FROM first_joining AS j
    JOIN order_credit AS o
        ON o.customer_id = j.customer_id AND o.paid_at >= j.joined_at - INTERVAL 30 DAY
        AND o.paid_at < j.joined_at + INTERVAL 30 DAY
    WHERE o.paid_at >= $start - INTERVAL 30 DAY AND o.paid_at < $end + INTERVAL 30 DAY
        AND o.paid_at < $as_of
    GROUP BY j.customer_id, is_after
)
SELECT
    (SELECT count(*) FROM first_joining) AS customers,
    count(*) FILTER (WHERE NOT is_after AND purchases > 0) AS buyers_before,
    coalesce(sum(purchases) FILTER (WHERE NOT is_after), 0) AS purchases_before,
    coalesce(sum(gmv) FILTER (WHERE NOT is_after), 0) AS gmv_before,
    count(*) FILTER (WHERE is_after AND purchases > 0) AS buyers_after,
    coalesce(sum(purchases) FILTER (WHERE is_after), 0) AS purchases_after,
    coalesce(sum(gmv) FILTER (WHERE is_after), 0) AS gmv_after
FROM side
