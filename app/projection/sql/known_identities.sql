-- Grain:  one row an identity asked for that is known.
-- Reads:  identity.
-- Rule:   a look-up for each: of a list, all identities of the brand may be read instead, and
--         each be compared with all of the list.
SELECT k.space, k.id, k.customer_id
FROM unnest(CAST(:members AS text[])) AS m (id)
CROSS JOIN LATERAL (
    SELECT i.space, i.id, i.customer_id
    FROM identity AS i
    WHERE i.brand_id = :brand AND i.space = 'member' AND i.id = m.id
    OFFSET 0
) AS k
UNION ALL
SELECT k.space, k.id, k.customer_id
FROM unnest(CAST(:buyers AS text[])) AS b (id)
CROSS JOIN LATERAL (
    SELECT i.space, i.id, i.customer_id
    FROM identity AS i
    WHERE i.brand_id = :brand AND i.space = 'buyer' AND i.id = b.id
    OFFSET 0
) AS k
