WITH paid_back AS (
    SELECT order_id, sum(amount) AS amount
    FROM refund_credit
    WHERE $basis = 'net' AND refunded_at < $as_of
    GROUP BY order_id
),
moved AS (
    SELECT
        o.paid_at AS moment, o.cell, o.group_id, 1 AS orders, CAST(o.matched AS INTEGER) AS matched,
        o.amount - coalesce(b.amount, 0) AS gmv
    FROM order_credit AS o
    LEFT JOIN paid_back AS b USING (order_id)
    WHERE o.paid_at >= $start AND o.paid_at < $end AND o.paid_at < $as_of
    UNION ALL
    SELECT refunded_at, cell, group_id, 0, 0, -amount
    FROM refund_credit
    WHERE $basis = 'net_ledger' AND refunded_at >= $start AND refunded_at < $end
        AND refunded_at < $as_of AND paid_at < $as_of
),
summed AS (
    SELECT
        grouping(group_id) AS of_bucket, bucket, cell, group_id,
        sum(orders) AS orders, sum(matched) AS matched, sum(gmv) AS gmv
    FROM (SELECT *, bucket_of(day_of(moment), $bucket, $first_day) AS bucket FROM moved) AS placed
    GROUP BY GROUPING SETS ((bucket, cell), (group_id))
)
SELECT s.of_bucket, s.bucket, s.cell, s.group_id, g.name, s.orders, s.matched, s.gmv
FROM summed AS s
LEFT JOIN chat_group AS g USING (group_id)
