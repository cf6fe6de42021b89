-- Grain:  one row a customer and local day of a payment whose repeat a change since can be.
-- Reads:  order_credit.
-- Rule:   a purchase repeats one of at most 30 days of 24 hours before it; one day to spare.
SELECT DISTINCT o.customer_id, o.paid_day AS day
FROM unnest(CAST(:customers AS text[]), CAST(:sinces AS timestamptz[])) AS c (customer_id, since)
CROSS JOIN LATERAL (
    SELECT s.customer_id, s.paid_day, s.paid_at FROM order_credit AS s
    WHERE s.brand_id = :brand AND s.customer_id = c.customer_id COLLATE "C"
    OFFSET 0 -- a look-up for each: see order_credit.sql
) AS o
WHERE o.paid_at >= c.since - interval '744 hours'
