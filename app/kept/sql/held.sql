-- Grain:  one row a period of which numbers are kept.
-- Reads:  kept_number.
SELECT
    grain, start,
    count(*) FILTER (WHERE series = ANY (CAST(:day AS text[]))) AS of_day,
    count(*) FILTER (WHERE series = ANY (CAST(:cohort AS text[]))) AS of_cohort
FROM kept_number
WHERE brand_id = :brand AND timezone = :timezone AND rule_version = :rule_version
GROUP BY grain, start
