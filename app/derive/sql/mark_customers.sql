-- Grain:  one row a customer that has, or should have, derived rows.
-- Reads:  identity, order_credit, refund_credit, purchase_day, joining, customer.
-- Writes: dirty_customer.
INSERT INTO dirty_customer (brand_id, customer_id, cause)
SELECT CAST(:brand AS bigint), c.customer_id, CAST(:cause AS jsonb)
FROM (
    SELECT customer_id FROM identity WHERE brand_id = :brand
    UNION
    SELECT customer_id FROM order_credit WHERE brand_id = :brand
    UNION
    SELECT customer_id FROM refund_credit WHERE brand_id = :brand
    UNION
    SELECT customer_id FROM purchase_day WHERE brand_id = :brand
    UNION
    SELECT customer_id FROM joining WHERE brand_id = :brand
    UNION
    SELECT customer_id FROM customer WHERE brand_id = :brand
) AS c
ORDER BY c.customer_id
ON CONFLICT DO NOTHING
