-- Grain:  one row a dirty customer, taken off the queue in this transaction.
-- Reads:  rebuild.  Writes: dirty_customer, rederived.
-- Rule:   a customer that was put off waits until its time. A fact that comes after this waits
--         with its mark until this is done, so none is lost. A rebuild is told what it may have
--         derived too early.
WITH claimed AS (
    DELETE FROM dirty_customer AS d
    -- By their places: joined, all of a queue that has grown was read again for each.
    WHERE d.brand_id = :brand AND d.ctid = ANY (ARRAY(
        SELECT n.ctid FROM dirty_customer AS n
        WHERE n.brand_id = :brand AND n.since <= now()
        ORDER BY n.customer_id
        -- The planner is not to know how many: where it expects fewer, it reads and sorts all.
        LIMIT (SELECT CAST(:most AS bigint))
        FOR UPDATE SKIP LOCKED
    ))
    RETURNING d.customer_id, CAST(d.cause AS text) AS causes
),
told AS (
    INSERT INTO rederived (brand_id, kind, key, start)
    SELECT CAST(:brand AS bigint), 'customer', customer_id, CAST('-infinity' AS date)
    FROM claimed
    WHERE EXISTS (SELECT FROM rebuild WHERE brand_id = :brand)
    ON CONFLICT DO NOTHING
)
SELECT customer_id, causes FROM claimed
