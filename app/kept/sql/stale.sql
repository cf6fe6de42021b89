-- Grain:  one row a stale period and reach.
-- Reads:  stale_period.
-- Rule:   settled is what has been quiet for a while, or has waited long enough for quiet.
SELECT
    grain, start, reach, cause, touched_at,
    touched_at <= clock_timestamp() - make_interval(secs => :settle)
    OR since <= clock_timestamp() - make_interval(secs => :patience) AS settled
FROM stale_period
WHERE brand_id = :brand
