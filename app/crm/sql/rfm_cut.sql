-- Grain:  one row a brand.
-- Reads:  customer.  Writes: rfm_cut.
-- Rule:   docs/customers.md, "RFM": of n ascending values the k-th cut point is the one in place
--         ceil(k * n / 5). Who has bought is known by each of the three columns.
-- Plan:   each column comes in order out of its index.
WITH value AS MATERIALIZED (
    SELECT
        (SELECT array_agg(last_paid_at ORDER BY last_paid_at) FROM customer
        WHERE brand_id = :brand AND last_paid_at IS NOT NULL) AS recency,
        (SELECT array_agg(purchase_days ORDER BY purchase_days) FROM customer
        WHERE brand_id = :brand AND purchase_days > 0) AS frequency,
        (SELECT array_agg(net ORDER BY net) FROM customer
        WHERE brand_id = :brand AND net > 0) AS monetary
),
cut AS (
    SELECT
        ARRAY[
            v.recency[(n + 4) / 5], v.recency[(2 * n + 4) / 5],
            v.recency[(3 * n + 4) / 5], v.recency[(4 * n + 4) / 5]
        ] AS recency,
        ARRAY[
            v.frequency[(n + 4) / 5], v.frequency[(2 * n + 4) / 5],
            v.frequency[(3 * n + 4) / 5], v.frequency[(4 * n + 4) / 5]
        ] AS frequency,
        ARRAY[
            v.monetary[(n + 4) / 5], v.monetary[(2 * n + 4) / 5],
            v.monetary[(3 * n + 4) / 5], v.monetary[(4 * n + 4) / 5]
        ] AS monetary,
        n AS customers
    FROM value AS v
    CROSS JOIN LATERAL (SELECT cardinality(v.recency) AS n) AS c
)
INSERT INTO rfm_cut AS r (brand_id, recency, frequency, monetary, customers, computed_at)
SELECT
    :brand,
    CASE WHEN customers > 0 THEN recency END, CASE WHEN customers > 0 THEN frequency END,
    CASE WHEN customers > 0 THEN monetary END, coalesce(customers, 0), statement_timestamp()
FROM cut
ON CONFLICT (brand_id) DO UPDATE SET
    recency = excluded.recency, frequency = excluded.frequency, monetary = excluded.monetary,
    customers = excluded.customers, computed_at = excluded.computed_at
RETURNING customers
