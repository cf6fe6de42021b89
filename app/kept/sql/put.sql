-- Grain:  one row a series of one period.
-- Reads, Writes: kept_number, kept_revision.
-- Rule:   docs/metrics.md, "Kept numbers": where a number moved, what it was is kept beside it
--         with the cause; where nothing moved nothing is written.
WITH counted AS (
    SELECT c.*
    FROM unnest(
        CAST(:series AS text[]), CAST(:values AS numeric[]),
        CAST(:numerators AS numeric[]), CAST(:denominators AS numeric[])
    ) AS c (series, value, numerator, denominator)
),
moved AS (
    INSERT INTO kept_revision (
        brand_id, timezone, rule_version, grain, series, start, revision,
        value, numerator, denominator, kept_at, replaced_at, cause
    )
    SELECT
        k.brand_id, k.timezone, k.rule_version, k.grain, k.series, k.start, k.revision,
        k.value, k.numerator, k.denominator, k.kept_at, :kept_at, CAST(:cause AS jsonb)
    FROM counted AS c
    JOIN kept_number AS k ON k.series = c.series
    WHERE k.brand_id = :brand AND k.timezone = :timezone AND k.rule_version = :rule_version
        AND k.grain = :grain AND k.start = :start
        AND (k.value, k.numerator, k.denominator)
            IS DISTINCT FROM (c.value, c.numerator, c.denominator)
)
INSERT INTO kept_number AS k (
    brand_id, timezone, rule_version, grain, series, start, as_of,
    value, numerator, denominator, revision, kept_at
)
SELECT
    :brand, :timezone, CAST(:rule_version AS integer), :grain, c.series, :start, :as_of,
    c.value, c.numerator, c.denominator, 1, :kept_at
FROM counted AS c
ORDER BY c.series COLLATE "C"
ON CONFLICT (brand_id, timezone, rule_version, grain, series, start) DO UPDATE SET
    value = excluded.value,
    numerator = excluded.numerator,
    denominator = excluded.denominator,
    revision = k.revision + 1,
    kept_at = excluded.kept_at
WHERE (k.value, k.numerator, k.denominator)
    IS DISTINCT FROM (excluded.value, excluded.numerator, excluded.denominator)
RETURNING k.series, k.revision
