-- Grain:  one row a month, dimension and key.
-- Reads:  sale_sum (its days, counted just before).
WITH derived AS MATERIALIZED (
    SELECT
        dimension, 'month' AS grain,
        CAST(date_trunc('month', CAST(start AS timestamp)) AS date) AS start, key, creator_id,
        sum(orders) AS orders, sum(matched) AS matched, sum(gmv) AS gmv,
        sum(refunded) AS refunded, sum(paid_back) AS paid_back
    FROM sale_sum
    WHERE brand_id = :brand AND grain = 'day' AND start = ANY (CAST(:days AS date[]))
    GROUP BY dimension, 3, key, creator_id
)
