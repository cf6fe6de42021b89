-- Grain:  one row a series and period, by both.
-- Reads:  kept_number.
SELECT series, start, as_of, value, numerator, denominator, revision, kept_at
FROM (
    SELECT k.*, row_number() OVER (PARTITION BY k.series ORDER BY k.start DESC) AS back
    FROM kept_number AS k
    WHERE k.brand_id = :brand AND k.timezone = :timezone AND k.rule_version = :rule_version
        AND k.grain = :grain AND k.series = ANY (CAST(:series AS text[]))
        AND (CAST(:start AS date) IS NULL OR k.start >= :start)
        AND (
            CAST(:end AS date) IS NULL
            OR k.start + CAST('1 ' || :grain AS interval) <= CAST(:end AS date)
        )
) AS kept
WHERE back <= :latest
ORDER BY series COLLATE "C", start
