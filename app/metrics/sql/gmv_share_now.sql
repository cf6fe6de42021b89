-- Grain:  one row a bucket and cell, and one a credited group over the whole window.
-- Reads:  sale_sum, chat_group.
-- Rule:   docs/metrics.md, "Group share", where all that is known has happened. Groups are added
--         up by month where the window has whole ones (from first_month to last_month, excluded).
WITH by_cell AS (
    SELECT
        width_bucket(s.start, CAST(:starts AS date[])) AS n, s.key, s.orders, s.matched,
        CASE CAST(:basis AS text)
            WHEN 'net' THEN s.gmv - s.refunded
            WHEN 'net_ledger' THEN s.gmv - s.paid_back
            ELSE s.gmv
        END AS gmv
    FROM sale_sum AS s
    WHERE s.brand_id = :brand AND s.grain = 'day' AND s.dimension = 'cell'
        AND s.start >= :start AND s.start < :end
),
by_group AS (
    SELECT s.key, s.orders, s.gmv, s.refunded, s.paid_back
    FROM sale_sum AS s
    WHERE s.brand_id = :brand AND s.grain = 'month' AND s.dimension = 'group'
        AND s.start >= :first_month AND s.start < :last_month
    UNION ALL
    SELECT s.key, s.orders, s.gmv, s.refunded, s.paid_back
    FROM sale_sum AS s
    WHERE s.brand_id = :brand AND s.grain = 'day' AND s.dimension = 'group'
        AND s.start >= :start AND s.start < :first_month
    UNION ALL
    SELECT s.key, s.orders, s.gmv, s.refunded, s.paid_back
    FROM sale_sum AS s
    WHERE s.brand_id = :brand AND s.grain = 'day' AND s.dimension = 'group'
        AND s.start >= :last_month AND s.start < :end
),
summed AS (
    SELECT
        key, sum(orders) AS orders, sum(gmv) AS gmv, sum(refunded) AS refunded,
        sum(paid_back) AS paid_back
    FROM by_group
    GROUP BY key
)
SELECT
    1 AS of_bucket, n, key AS cell, NULL AS group_id, NULL AS name,
    sum(orders) AS orders, sum(matched) AS matched, sum(gmv) AS gmv
FROM by_cell
GROUP BY n, key
HAVING sum(orders) > 0 OR sum(gmv) <> 0
UNION ALL
SELECT
    0, NULL, NULL, nullif(s.key, ''), g.name, s.orders, NULL,
    CASE CAST(:basis AS text)
        WHEN 'net' THEN s.gmv - s.refunded
        WHEN 'net_ledger' THEN s.gmv - s.paid_back
        ELSE s.gmv
    END
FROM summed AS s
LEFT JOIN chat_group AS g ON g.brand_id = :brand AND g.group_id = s.key
WHERE s.orders > 0 OR (CAST(:basis AS text) = 'net_ledger' AND s.paid_back <> 0)
