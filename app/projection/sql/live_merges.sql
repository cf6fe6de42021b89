-- Grain:  one row a merge by an operator that stands and names one of these ids, in either space.
-- Reads:  identity_merge.
SELECT m.one_space, m.one_id, m.other_space, m.other_id
FROM identity_merge AS m
WHERE m.brand_id = :brand AND m.undone_at IS NULL AND m.one_id = ANY (CAST(:ids AS text[]))
UNION
SELECT m.one_space, m.one_id, m.other_space, m.other_id
FROM identity_merge AS m
WHERE m.brand_id = :brand AND m.undone_at IS NULL AND m.other_id = ANY (CAST(:ids AS text[]))
