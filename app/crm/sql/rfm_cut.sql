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
        array_agg(v.recency[(k * n + 4) / 5] ORDER BY k) AS recency,
        array_agg(v.frequency[(k * n + 4) / 5] ORDER BY k) AS frequency,
        array_agg(v.monetary[(k * n + 4) / 5] ORDER BY k) AS monetary,
        max(n) AS customers
    FROM value AS v
    CROSS JOIN LATERAL (SELECT cardinality(v.recency) AS n) AS c
    CROSS JOIN generate_series(1, 4) AS k
    WHERE n > 0
)
INSERT INTO rfm_cut AS r (brand_id, recency, frequency, monetary, customers, computed_at)
SELECT :brand, recency, frequency, monetary, coalesce(customers, 0), statement_timestamp()
FROM cut
ON CONFLICT (brand_id) DO UPDATE SET
    recency = excluded.recency, frequency = excluded.frequency, monetary = excluded.monetary,
    customers = excluded.customers, computed_at = excluded.computed_at
RETURNING customers
