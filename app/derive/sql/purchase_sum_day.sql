-- Grain:  one row a local day, kind, purchase day before, segment and whether bought twice.
-- Reads:  purchase_day.
-- Rule:   the kinds are told in models/sums.
WITH purchase AS (
    SELECT
        day, in_group, again_at IS NOT NULL AS again, previous_day, previous_in_group,
        previous_again, second_previous_day
    FROM purchase_day
    WHERE brand_id = :brand AND day = ANY (CAST(:starts AS date[]))
),
counted (kind, start, previous, in_group, again) AS (
    SELECT 'bought', day, CAST('-infinity' AS date), in_group, again FROM purchase
    UNION ALL
    SELECT 'first', day, '-infinity', in_group, again FROM purchase WHERE previous_day IS NULL
    UNION ALL
    SELECT 'own', day, previous_day, in_group, again
    FROM purchase WHERE previous_day IS NOT NULL
    UNION ALL
    SELECT 'previous', day, previous_day, previous_in_group, previous_again
    FROM purchase WHERE previous_day IS NOT NULL
    UNION ALL
    SELECT 'second_previous', day, second_previous_day, previous_in_group, previous_again
    FROM purchase WHERE second_previous_day IS NOT NULL
),
derived AS MATERIALIZED (
    SELECT 'day' AS grain, kind, start, previous, in_group, again, count(*) AS customers
    FROM counted
    GROUP BY kind, start, previous, in_group, again
)
