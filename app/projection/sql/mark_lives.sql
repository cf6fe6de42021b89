-- Grain:  one row a live with new viewers, and one a customer who viewed a live whose start or
--         end moved.
-- Reads:  live_view, identity.  Writes: dirty_sum, dirty_customer.
WITH counted AS (
    INSERT INTO dirty_sum (brand_id, kind, key, start)
    SELECT CAST(:brand AS bigint), 'live', l.live_id, CAST('-infinity' AS date)
    FROM unnest(CAST(:viewed AS text[])) AS l (live_id)
    ON CONFLICT DO NOTHING
)
INSERT INTO dirty_customer (brand_id, customer_id)
SELECT DISTINCT CAST(:brand AS bigint), i.customer_id
FROM live_view AS v
JOIN identity AS i ON i.brand_id = :brand AND i.space = 'member' AND i.id = v.member_id
WHERE v.brand_id = :brand AND v.live_id = ANY (CAST(:moved AS text[]))
ORDER BY i.customer_id
ON CONFLICT DO NOTHING
