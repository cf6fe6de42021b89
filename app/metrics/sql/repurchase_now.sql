-- Grain:  one row a segment.
-- Reads:  purchase_sum.
-- Rule:   docs/metrics.md, "Repurchase", kinds window and returning, where all that is known has
--         happened. Nobody is looked for: who buys in a window is every purchase in it less those
--         that follow another one in it; who buys twice is every purchase that follows another
--         one, less those that follow two.
-- Plan:   pairs of days that both lie in the window: by month where both lie in whole months of it
--         (from first_month to last_month, excluded), else each day before or after these is
--         looked up with the days that it pairs with, so that no other pair is read.
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
    WHERE brand_id = :brand AND grain = 'month' AND kind = ANY (CAST(:pairs AS text[]))
        AND start >= :first_month AND start < :last_month
        AND previous >= :first_month AND previous < :last_month
    UNION ALL
    SELECT p.kind, p.in_group, p.again, p.customers
    FROM unnest(CAST(:pairs AS text[])) AS k (kind)
    CROSS JOIN generate_series(0, CAST(:first_month AS date) - CAST(:start AS date) - 1) AS n
    CROSS JOIN LATERAL (
        SELECT s.kind, s.in_group, s.again, s.customers
        FROM purchase_sum AS s
        WHERE s.brand_id = :brand AND s.grain = 'day' AND s.kind = k.kind
            AND s.previous = CAST(:start AS date) + n
            AND s.start >= CAST(:start AS date) + n AND s.start < :last_month
        OFFSET 0
    ) AS p
    UNION ALL
    SELECT p.kind, p.in_group, p.again, p.customers
    FROM unnest(CAST(:pairs AS text[])) AS k (kind)
    CROSS JOIN generate_series(0, CAST(:end AS date) - CAST(:last_month AS date) - 1) AS n
    CROSS JOIN LATERAL (
        SELECT s.kind, s.in_group, s.again, s.customers
        FROM purchase_sum AS s
        WHERE s.brand_id = :brand AND s.grain = 'day' AND s.kind = k.kind
            AND s.start = CAST(:last_month AS date) + n
            AND s.previous >= :start AND s.previous < CAST(:last_month AS date) + n
        OFFSET 0
    ) AS p
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
