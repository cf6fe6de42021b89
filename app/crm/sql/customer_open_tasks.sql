-- Grain:  how many tasks of a customer are not done.
-- Reads:  identity, task.
SELECT count(*)
FROM identity AS i
CROSS JOIN LATERAL (
    SELECT FROM task
    WHERE brand_id = :brand AND space = i.space AND id = i.id AND done_at IS NULL
    OFFSET 0
) AS t
WHERE i.brand_id = :brand AND i.customer_id = :customer
