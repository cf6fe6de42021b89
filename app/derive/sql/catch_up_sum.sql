-- Grain:  one row a sum that workers counted while a rebuild ran.
-- Reads:  rederived.  Writes: dirty_sum (of the rebuild).
INSERT INTO dirty_sum (brand_id, kind, key, start)
SELECT r.brand_id, r.kind, r.key, r.start FROM rederived AS r
WHERE r.brand_id = :brand AND r.kind <> 'customer'
ON CONFLICT DO NOTHING
