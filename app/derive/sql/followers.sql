-- Grain:  one row a customer and local day of a payment whose repeat a change since can be.
-- Reads:  order_credit.
-- Rule:   a purchase repeats one of at most 30 days of 24 hours before it; one day to spare.
SELECT DISTINCT o.customer_id, o.paid_day AS day
FROM unnest(CAST(:customers AS text[]), CAST(:sinces AS timestamptz[])) AS c (customer_id, since)
JOIN order_credit AS o
    ON o.customer_id = c.customer_id AND o.paid_at >= c.since - interval '744 hours'
WHERE o.brand_id = :brand AND o.customer_id = ANY (ARRAY(SELECT unnest(CAST(:customers AS text[]))))
