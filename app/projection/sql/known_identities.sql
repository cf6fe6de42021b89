-- Grain:  one row an identity asked for that is known.
-- Reads:  identity.
-- Rule:   a look-up for each: of a list that the planner sees, or without the space, all
--         identities of the brand are read.
SELECT i.space, i.id, i.customer_id
FROM identity AS i
WHERE i.brand_id = :brand AND i.space = 'member'
    AND i.id = ANY (ARRAY(SELECT unnest(CAST(:members AS text[]))))
UNION ALL
SELECT i.space, i.id, i.customer_id
FROM identity AS i
WHERE i.brand_id = :brand AND i.space = 'buyer'
    AND i.id = ANY (ARRAY(SELECT unnest(CAST(:buyers AS text[]))))
