-- Grain:  one row a merge by an operator that stands, of identities that events name; each as the
--         customer that it would be alone.
-- Reads:  identity_merge, identity.
SELECT
    left(m.one_space, 1) || ':' || m.one_id AS one,
    left(m.other_space, 1) || ':' || m.other_id AS other
FROM identity_merge AS m
JOIN identity AS i ON i.brand_id = m.brand_id AND i.space = m.one_space AND i.id = m.one_id
JOIN identity AS o ON o.brand_id = m.brand_id AND o.space = m.other_space AND o.id = m.other_id
WHERE m.brand_id = :brand AND m.undone_at IS NULL
