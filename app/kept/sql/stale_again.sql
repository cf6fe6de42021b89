-- Grain:  one row a kept period and reach of the time zone that the brand has again.
-- Reads:  kept_number.  Writes: stale_period.
-- Rule:   while the brand had another time zone nobody marked this one's periods.
INSERT INTO stale_period (brand_id, grain, start, reach, cause, since, touched_at)
SELECT DISTINCT
    brand_id, grain, start,
    CASE WHEN series = ANY (CAST(:cohort AS text[])) THEN 'cohort' ELSE 'day' END,
    CAST('[{"type": "settings"}]' AS jsonb), CAST(:now AS timestamptz), CAST(:now AS timestamptz)
FROM kept_number
WHERE brand_id = :brand AND timezone = :timezone AND rule_version = :rule_version
ON CONFLICT DO NOTHING
