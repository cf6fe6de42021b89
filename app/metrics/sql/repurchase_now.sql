-- Grain:  one row a segment.
-- Reads:  purchase_sum.
-- Rule:   docs/metrics.md, "Repurchase", kinds window and returning, where all that is known has
--         happened. Nobody is looked for: who buys in a window is every purchase in it less those
--         that follow another one in it; who buys twice is every purchase that follows another
--         one, less those that follow two.
-- Plan:   pairs of days that both lie in the window: by month where both lie in whole months of it
--         (from first_month to last_month, excluded), else by day.
WITH counted AS (
    SELECT kind, in_group, again, customers
    FROM purchase_sum
    WHERE brand_id = :brand AND grain = 'month' AND kind IN ('bought', 'first')
        AND start >= :first_month AND start < :last_month
    UNION ALL
    SELECT kind, in_group, again, customers
    FROM purchase_sum
    WHERE brand_id = :brand AND grain = 'day' AND kind IN ('bought', 'first')
        AND start >= :start AND start < :first_month
    UNION ALL
    SELECT kind, in_group, again, customers
    FROM purchase_sum
    WHERE brand_id = :brand AND grain = 'day' AND kind IN ('bought', 'first')
        AND start >= :last_month AND start < :end
    UNION ALL
    SELECT kind, in_group, again, customers
    FROM purchase_sum
    WHERE brand_id = :brand AND grain = 'month' AND kind IN ('own', 'previous', 'second_previous')
        AND start >= :first_month AND start < :last_month
        AND previous >= :first_month AND previous < :last_month
    UNION ALL
    SELECT kind, in_group, again, customers
    FROM purchase_sum
    WHERE brand_id = :brand AND grain = 'day' AND kind IN ('own', 'previous', 'second_previous')
        AND start >= :start AND start < :first_month
        AND previous >= :start AND previous < :first_month
    UNION ALL
    SELECT kind, in_group, again, customers
    FROM purchase_sum
    WHERE brand_id = :brand AND grain = 'day' AND kind IN ('own', 'previous', 'second_previous')
        AND previous >= :start AND previous < :first_month
        AND start >= :first_month AND start < :last_month
    UNION ALL
    SELECT kind, in_group, again, customers
    FROM purchase_sum
    WHERE brand_id = :brand AND grain = 'day' AND kind IN ('own', 'previous', 'second_previous')
        AND start >= :last_month AND start < :end AND previous >= :start AND previous < :end
),
summed AS (
    SELECT
        in_group,
        coalesce(sum(customers) FILTER (WHERE kind = 'bought'), 0)
        - coalesce(sum(customers) FILTER (WHERE kind = 'own'), 0) AS buyers,
        coalesce(sum(customers) FILTER (WHERE kind = 'first'), 0) AS new_buyers,
        coalesce(sum(customers) FILTER (WHERE kind = 'previous'), 0)
        - coalesce(sum(customers) FILTER (WHERE kind = 'second_previous'), 0) AS on_two_days,
        -- Those whose first day in the window has two purchases, less those of them who come back.
        coalesce(sum(customers) FILTER (WHERE again AND kind = 'bought'), 0)
        - coalesce(sum(customers) FILTER (WHERE again AND kind = 'own'), 0)
        - coalesce(sum(customers) FILTER (WHERE again AND kind = 'previous'), 0)
        + coalesce(sum(customers) FILTER (WHERE again AND kind = 'second_previous'), 0)
        AS twice_on_one_day
    FROM counted
    GROUP BY in_group
)
SELECT
    in_group, buyers,
    CASE
        WHEN CAST(:kind AS text) = 'returning' THEN buyers - new_buyers
        WHEN CAST(:dedupe AS text) = 'day' THEN on_two_days
        ELSE on_two_days + twice_on_one_day
    END AS hits
FROM summed
WHERE buyers > 0
