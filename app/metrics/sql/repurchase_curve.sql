-- Goes on from repurchase_cohort.sql or repurchase_cohort_now.sql.
-- Grain:  one row a segment, day after the anchor, and number of buyers censored before.
-- Rule:   the curve is Kaplan and Meier's, censored at as_of, repeats before censorings at an
--         instant. Only who did not repeat and is observed for less than within_days is censored
--         before the curve ends. Of repeats with no censoring between them only the count matters
--         (their factors telescope), so they share a row. A row without `day` sums up its segment.
, seen AS MATERIALIZED (
    SELECT
        c.in_group,
        CAST(:as_of AS timestamptz) - c.paid_at AS observed,
        c.second_at - c.paid_at AS repeated,
        within.span
    FROM cohort AS c
    CROSS JOIN (
        SELECT make_interval(hours => 24 * CAST(:within_days AS integer)) AS span
    ) AS within
),
-- When who was lost from sight: the count of these before an instant is found by bisection.
lost AS (
    SELECT
        array_agg(observed ORDER BY observed) AS at,
        array_agg(observed ORDER BY observed) FILTER (WHERE in_group) AS at_in_group,
        array_agg(observed ORDER BY observed) FILTER (WHERE NOT in_group) AS at_outside
    FROM seen
    WHERE repeated IS NULL AND observed < span
),
step AS (
    SELECT
        s.in_group,
        -- The first whole day by which the repeat has happened; at the anchor itself: day 1.
        greatest(1, CAST(ceil(extract(EPOCH FROM s.repeated) / 86400) AS integer)) AS day,
        coalesce(width_bucket(s.repeated - INTERVAL '1 microsecond', l.at), 0) AS lost,
        coalesce(width_bucket(
            s.repeated - INTERVAL '1 microsecond',
            CASE WHEN s.in_group THEN l.at_in_group ELSE l.at_outside END
        ), 0) AS lost_of_segment
    FROM seen AS s
    CROSS JOIN lost AS l
    WHERE s.repeated <= s.span
),
summary AS (
    SELECT
        in_group, count(*) AS buyers,
        count(*) FILTER (WHERE observed >= span) AS mature,
        count(*) FILTER (WHERE observed >= span AND repeated <= span) AS hits
    FROM seen
    GROUP BY ROLLUP (in_group)
    HAVING count(*) > 0
),
told (segment, day, censored, repeats, buyers, mature, hits) AS (
    SELECT
        in_group, CAST(NULL AS integer), CAST(NULL AS integer), CAST(NULL AS bigint),
        buyers, mature, hits
    FROM summary
    UNION ALL
    SELECT in_group, day, lost_of_segment, count(*), NULL, NULL, NULL
    FROM step GROUP BY in_group, day, lost_of_segment
    UNION ALL
    SELECT NULL, day, lost, count(*), NULL, NULL, NULL
    FROM step GROUP BY day, lost
)
SELECT
    CASE segment WHEN true THEN 'group' WHEN false THEN 'non_group' ELSE 'all' END AS segment,
    day, censored, repeats, buyers, mature, hits
FROM told
ORDER BY 1, day NULLS FIRST, censored
