-- Grain:  one row an alarm on one of these series of a period, for which it has not fired.
-- Reads:  metric_alarm, alarm_firing, kept_number, kept_revision.
-- Rule:   `was` is the number that this one replaced, `prior` that of the period before.
SELECT
    a.alarm_id, a.name, a.series, a.condition, a.threshold,
    k.value, k.numerator, k.denominator, k.revision, k.as_of, r.value AS was, p.value AS prior
FROM metric_alarm AS a
CROSS JOIN LATERAL (
    SELECT value, numerator, denominator, revision, as_of FROM kept_number
    WHERE brand_id = :brand AND timezone = :timezone AND rule_version = :rule_version
        AND grain = :grain AND series = a.series AND start = :start
    LIMIT 1
) AS k
LEFT JOIN LATERAL (
    SELECT value FROM kept_revision
    WHERE brand_id = :brand AND timezone = :timezone AND rule_version = :rule_version
        AND grain = :grain AND series = a.series AND start = :start AND revision = k.revision - 1
    LIMIT 1
) AS r ON true
LEFT JOIN LATERAL (
    SELECT value FROM kept_number
    WHERE brand_id = :brand AND timezone = :timezone AND rule_version = :rule_version
        AND grain = :grain AND series = a.series AND start = :prior
    LIMIT 1
) AS p ON true
WHERE a.brand_id = :brand AND a.enabled AND a.grain = :grain
    AND a.series = ANY (CAST(:series AS text[]))
    AND NOT EXISTS (
        SELECT FROM alarm_firing AS f
        WHERE f.brand_id = :brand AND f.alarm_id = a.alarm_id AND f.start = :start
    )
ORDER BY a.alarm_id
