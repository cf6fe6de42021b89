-- Grain:  one row a customer asked for.
-- Reads:  order_credit, joining.
SELECT
    c.customer_id,
    (
        SELECT count(*) FROM order_credit AS o
        WHERE o.brand_id = :brand AND o.customer_id = c.customer_id
    ) AS orders,
    (
        SELECT count(*) FROM joining AS j
        WHERE j.brand_id = :brand AND j.customer_id = c.customer_id
    ) AS joinings
FROM unnest(CAST(:customers AS text[])) AS c (customer_id)
