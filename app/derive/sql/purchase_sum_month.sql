-- Grain:  one row a month, kind, month of the purchase before, segment and whether bought twice.
-- Reads:  purchase_sum (its days, counted just before).
-- Rule:   every kind is named, so that its key finds the days among all that the brand ever had.
WITH derived AS MATERIALIZED (
    SELECT
        'month' AS grain, kind,
        CAST(date_trunc('month', CAST(start AS timestamp)) AS date) AS start,
        CAST(date_trunc('month', CAST(previous AS timestamp)) AS date) AS previous,
        in_group, again, sum(customers) AS customers
    FROM purchase_sum
    WHERE brand_id = :brand AND grain = 'day' AND start = ANY (CAST(:days AS date[]))
        AND kind IN ('bought', 'first', 'own', 'previous', 'second_previous')
    GROUP BY kind, 3, 4, in_group, again
)
