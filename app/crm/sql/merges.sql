-- Grain:  one row a merge by an operator, latest first.
-- Reads:  identity_merge.
SELECT m.*
FROM identity_merge AS m
WHERE m.brand_id = :brand
    AND (CAST(:undone AS boolean) IS NULL OR (m.undone_at IS NOT NULL) = CAST(:undone AS boolean))
    AND (
        CAST(:at AS timestamptz) IS NULL
        OR (m.made_at, m.merge_id) < (CAST(:at AS timestamptz), CAST(:merge AS text))
    )
ORDER BY m.made_at DESC, m.merge_id DESC
LIMIT :most
