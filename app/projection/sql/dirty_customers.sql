-- Grain:  one row a customer whose orders a change can move.
-- Reads:  identity.  Writes: dirty_customer.
-- Rule:   a customer without a buyer identity has no orders to derive.
WITH touched AS (
    SELECT i.customer_id
    FROM unnest(CAST(:spaces AS text[]), CAST(:ids AS text[])) AS t (space, id)
    JOIN identity AS i ON i.brand_id = :brand AND i.space = t.space AND i.id = t.id
    UNION
    SELECT customer_id FROM unnest(CAST(:customers AS text[])) AS c (customer_id)
)
INSERT INTO dirty_customer (brand_id, customer_id)
SELECT :brand, t.customer_id
FROM touched AS t
WHERE t.customer_id = ANY (CAST(:customers AS text[])) OR EXISTS (
    SELECT FROM identity AS b
    WHERE b.brand_id = :brand AND b.customer_id = t.customer_id AND b.space = 'buyer'
)
ORDER BY t.customer_id COLLATE "C"
ON CONFLICT DO NOTHING
