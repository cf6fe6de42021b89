-- Grain:  one row a customer whom a change touches ('' is everybody).
-- Reads:  segment.  Writes: dirty_segment.
-- Rule:   only where the brand has segments, and for what is not derived one that reads it.
INSERT INTO dirty_segment (brand_id, customer_id, touched)
SELECT CAST(:brand AS bigint), c.customer_id, CAST(:touched AS text)
FROM unnest(CAST(:customers AS text[])) AS c (customer_id)
WHERE CAST(:touched AS text) = ANY (ARRAY(
    SELECT 'facts' FROM segment WHERE brand_id = :brand
    UNION ALL
    SELECT r.touched FROM segment AS s CROSS JOIN LATERAL unnest(s.reads) AS r (touched)
    WHERE s.brand_id = :brand
))
ORDER BY c.customer_id COLLATE "C"
ON CONFLICT DO NOTHING
