-- Grain:  one row an identity that some event names.
-- Writes: identity.
INSERT INTO identity (brand_id, space, id, customer_id)
SELECT :brand, i.space, i.id, i.customer_id
FROM unnest(CAST(:spaces AS text[]), CAST(:ids AS text[]), CAST(:customers AS text[]))
    AS i (space, id, customer_id)
ON CONFLICT (brand_id, space, id) DO UPDATE SET customer_id = excluded.customer_id
