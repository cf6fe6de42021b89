-- Grain:  one row, what remains of a brand that is deleted.
-- Reads:  audit_head.  Writes: departed_brand.
-- Rule:   the end of its audit log is kept, which proves a copy of the log that is kept elsewhere.
INSERT INTO departed_brand (brand_id, audit_seq, audit_hash)
SELECT :brand, coalesce(h.seq, 0), h.hash
FROM (SELECT 1) AS once
LEFT JOIN audit_head AS h ON h.brand_id = :brand
ON CONFLICT (brand_id) DO NOTHING
