-- Grain:  one row an identity whose customer was merged into another.
-- Writes: identity.
UPDATE identity AS i SET customer_id = moved.into_id
FROM unnest(CAST(:from_ids AS text[]), CAST(:into_ids AS text[])) AS moved (from_id, into_id)
WHERE i.brand_id = :brand AND i.customer_id = moved.from_id
