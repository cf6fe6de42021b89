-- Grain:  one row a customer whose derived rows a change can move.
-- Reads:  identity.  Writes: dirty_customer.
INSERT INTO dirty_customer (brand_id, customer_id)
SELECT CAST(:brand AS bigint), t.customer_id
FROM (
    SELECT i.customer_id
    FROM unnest(CAST(:spaces AS text[]), CAST(:ids AS text[])) AS t (space, id)
    JOIN identity AS i ON i.brand_id = :brand AND i.space = t.space AND i.id = t.id
    UNION
    SELECT customer_id COLLATE "C" FROM unnest(CAST(:customers AS text[])) AS c (customer_id)
) AS t
ORDER BY t.customer_id
ON CONFLICT DO NOTHING
