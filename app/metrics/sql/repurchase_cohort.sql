-- Grain:  one row a segment, day after the anchor, and number of buyers censored before.
-- Reads:  order_credit, note.
-- Rule:   docs/metrics.md, "Repurchase", kind cohort: the anchor is the first purchase ever; the
--         curve is Kaplan and Meier's, censored at as_of, repeats before censorings at an instant.
--         Of repeats with no censoring between them only the count matters (their factors
--         telescope), so they share a row. A row without `day` sums up its segment.
WITH purchase AS (
    SELECT
        o.customer_id, o.paid_at, o.cell, o.group_id, o.note_id, o.touch_creator_id,
        row_number() OVER (PARTITION BY o.customer_id ORDER BY o.paid_at, o.order_id) AS place,
        CASE
            WHEN CAST(:dedupe AS text) = 'day'
            THEN dense_rank() OVER (PARTITION BY o.customer_id ORDER BY o.paid_day)
            ELSE row_number() OVER (PARTITION BY o.customer_id ORDER BY o.paid_at, o.order_id)
        END AS turn
    FROM order_credit AS o
    WHERE o.brand_id = :brand AND o.paid_at < :as_of AND o.amount > 0
        AND (o.fully_refunded_at IS NULL OR o.fully_refunded_at >= :as_of)
),
-- The second purchase stands beside the first by a window, not by a join: the sizes of these
-- steps are not known to the planner, and a join of two of them can become a loop over both.
followed AS (
    SELECT
        p.*,
        min(p.paid_at) FILTER (WHERE p.turn = 2) OVER (PARTITION BY p.customer_id) AS second_at
    FROM purchase AS p
),
cohort AS (
    SELECT
        p.cell IN ('member_and_touch', 'member_only') AS in_group,
        CAST(:as_of AS timestamptz) - p.paid_at AS observed,
        p.second_at - p.paid_at AS repeated
    FROM followed AS p
    LEFT JOIN note AS n ON n.brand_id = :brand AND n.note_id = p.note_id
    WHERE p.place = 1 AND p.paid_at >= :start AND p.paid_at < :end
        AND (CAST(:group_id AS text) IS NULL OR p.group_id = :group_id)
        AND (CAST(:note_id AS text) IS NULL OR p.note_id = :note_id)
        AND (
            CAST(:creator_id AS text) IS NULL
            OR coalesce(p.touch_creator_id, n.creator_id) = :creator_id
        )
),
both_ways AS (
    SELECT CAST('group' AS text) AS segment, observed, repeated FROM cohort WHERE in_group
    UNION ALL
    SELECT 'non_group', observed, repeated FROM cohort WHERE NOT in_group
    UNION ALL
    SELECT 'all', observed, repeated FROM cohort
),
-- One line in time for each segment: repeats, and censorings of those who did not repeat.
observation AS (
    SELECT
        segment, coalesce(repeated, observed) AS at, repeated IS NOT NULL AS repeat,
        count(*) FILTER (WHERE repeated IS NULL) OVER (
            PARTITION BY segment ORDER BY coalesce(repeated, observed), repeated IS NULL
            ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
        ) AS censored
    FROM both_ways
),
step AS (
    SELECT
        segment, censored,
        -- The first whole day by which the repeat has happened; at the anchor itself: day 1.
        greatest(1, CAST(ceil(extract(EPOCH FROM at) / 86400) AS integer)) AS day,
        count(*) AS repeats
    FROM observation
    WHERE repeat AND at <= make_interval(hours => 24 * CAST(:within_days AS integer))
    GROUP BY segment, censored, day
),
summary AS (
    SELECT
        segment,
        count(*) AS buyers,
        count(*) FILTER (WHERE observed >= within.span) AS mature,
        count(*) FILTER (WHERE observed >= within.span AND repeated <= within.span) AS hits
    FROM both_ways
    CROSS JOIN (
        SELECT make_interval(hours => 24 * CAST(:within_days AS integer)) AS span
    ) AS within
    GROUP BY segment
)
SELECT segment, NULL AS day, NULL AS censored, NULL AS repeats, buyers, mature, hits FROM summary
UNION ALL
SELECT segment, day, censored, repeats, NULL, NULL, NULL FROM step
ORDER BY segment, day NULLS FIRST, censored
