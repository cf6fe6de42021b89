-- Grain:  one row a dirty customer, taken off the queue in this transaction.
-- Writes: dirty_customer.
-- Rule:   a customer that was put off waits until its time. A fact that comes after this waits with its mark until this is done, so none is lost.
DELETE FROM dirty_customer AS d
USING (
    SELECT customer_id FROM dirty_customer
    WHERE brand_id = :brand AND since <= now()
    ORDER BY customer_id
    LIMIT :most
    FOR UPDATE SKIP LOCKED
) AS claimed
WHERE d.brand_id = :brand AND d.customer_id = claimed.customer_id
RETURNING d.customer_id, CAST(d.cause AS text) AS causes
