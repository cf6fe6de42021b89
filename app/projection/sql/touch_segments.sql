-- Grain:  one row a customer of whom a message or a profile changed, or '' for everybody where
--         a note has another creator.
-- Reads:  identity.  Writes: dirty_segment.
-- Rule:   asked only for what a segment of the brand reads. What is derived is told by derive.
WITH changed AS (
    SELECT i.customer_id, 'messages' AS touched
    FROM unnest(CAST(:speakers AS text[])) AS m (id)
    JOIN identity AS i ON i.brand_id = :brand AND i.space = 'member' AND i.id = m.id
    UNION
    SELECT i.customer_id, 'profile'
    FROM unnest(CAST(:members AS text[])) AS m (id)
    JOIN identity AS i ON i.brand_id = :brand AND i.space = 'member' AND i.id = m.id
    UNION
    SELECT '', 'notes'
    WHERE CAST(:notes AS boolean)
)
INSERT INTO dirty_segment (brand_id, customer_id, touched)
SELECT CAST(:brand AS bigint), c.customer_id, c.touched
FROM changed AS c
ORDER BY c.customer_id COLLATE "C", c.touched COLLATE "C"
ON CONFLICT DO NOTHING
