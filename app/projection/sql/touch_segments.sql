-- Grain:  one row a customer of whom a message or a profile changed, or '' for everybody where
--         a note has another creator.
-- Reads:  identity, segment.  Writes: dirty_segment.
-- Rule:   only where the brand has a segment that reads it. What is derived is told by derive.
WITH wanted AS MATERIALIZED (
    SELECT ARRAY(
        SELECT r.touched FROM segment AS s CROSS JOIN LATERAL unnest(s.reads) AS r (touched)
        WHERE s.brand_id = :brand
    ) AS touched
),
changed AS (
    SELECT i.customer_id, 'messages' AS touched
    FROM unnest(CAST(:speakers AS text[])) AS m (id)
    JOIN identity AS i ON i.brand_id = :brand AND i.space = 'member' AND i.id = m.id
    WHERE 'messages' = ANY (CAST((SELECT touched FROM wanted) AS text[]))
    UNION
    SELECT i.customer_id, 'profile'
    FROM unnest(CAST(:members AS text[])) AS m (id)
    JOIN identity AS i ON i.brand_id = :brand AND i.space = 'member' AND i.id = m.id
    WHERE 'profile' = ANY (CAST((SELECT touched FROM wanted) AS text[]))
    UNION
    SELECT '', 'notes'
    WHERE CAST(:notes AS boolean) AND 'notes' = ANY (CAST((SELECT touched FROM wanted) AS text[]))
)
INSERT INTO dirty_segment (brand_id, customer_id, touched)
SELECT CAST(:brand AS bigint), c.customer_id, c.touched
FROM changed AS c
ORDER BY c.customer_id COLLATE "C", c.touched COLLATE "C"
ON CONFLICT DO NOTHING
