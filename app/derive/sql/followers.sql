-- Grain:  one row a customer and local day of payment, from the customer's instant on.
-- Reads:  order_credit.
SELECT DISTINCT o.customer_id, o.paid_day AS day
FROM unnest(CAST(:customers AS text[]), CAST(:sinces AS timestamptz[])) AS c (customer_id, since)
JOIN order_credit AS o ON o.customer_id = c.customer_id AND o.paid_at >= c.since
WHERE o.brand_id = :brand AND o.customer_id = ANY (CAST(:customers AS text[]))
