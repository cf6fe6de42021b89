-- Grain:  one row a number that was replaced, by series, period and revision.
-- Reads:  kept_revision.
SELECT series, start, revision, value, numerator, denominator, kept_at, replaced_at, cause
FROM kept_revision
WHERE brand_id = :brand AND timezone = :timezone AND rule_version = :rule_version
    AND grain = :grain AND series = ANY (CAST(:series AS text[]))
    AND start BETWEEN :first AND :last
ORDER BY series COLLATE "C", start, revision
