-- Grain:  one row, or none where the alarm has fired for the period or is gone.
-- Reads:  metric_alarm.  Writes: alarm_firing.
INSERT INTO alarm_firing (
    brand_id, alarm_id, start, value, numerator, denominator, before,
    condition, threshold, revision, as_of, message_id
)
SELECT
    brand_id, alarm_id, CAST(:start AS date), CAST(:value AS numeric), CAST(:numerator AS numeric),
    CAST(:denominator AS numeric), CAST(:before AS numeric), CAST(:condition AS text),
    CAST(:threshold AS numeric), CAST(:revision AS integer), CAST(:as_of AS timestamptz),
    CAST(:message AS text)
FROM metric_alarm
WHERE brand_id = :brand AND alarm_id = :alarm_id
FOR SHARE
ON CONFLICT DO NOTHING
RETURNING alarm_id
