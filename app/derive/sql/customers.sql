-- Grain:  one row a customer that has, or should have, derived rows.
-- Reads:  identity, order_credit, refund_credit.
SELECT customer_id FROM identity WHERE brand_id = :brand AND space = 'buyer'
UNION
SELECT customer_id FROM order_credit WHERE brand_id = :brand
UNION
SELECT customer_id FROM refund_credit WHERE brand_id = :brand
ORDER BY customer_id
