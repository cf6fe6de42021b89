-- Grain:  one row a customer whose first purchase ever, as of as_of, lies in the cohort's days.
-- Reads:  order_credit, note.
-- Rule:   docs/metrics.md, "Repurchase", kind cohort, dedupe=day: the second purchase is the first
--         of the customer's second purchase day.
WITH buyer AS (
    SELECT DISTINCT o.customer_id
    FROM order_credit AS o
    WHERE o.brand_id = :brand AND o.paid_at >= :start AND o.paid_at < :end AND o.paid_at < :as_of
        AND o.amount > 0
),
purchase AS (
    SELECT
        o.customer_id, o.order_id, o.paid_at, o.cell, o.group_id, o.note_id, o.touch_creator_id,
        row_number() OVER (PARTITION BY o.customer_id ORDER BY o.paid_at, o.order_id) AS place,
        dense_rank() OVER (PARTITION BY o.customer_id ORDER BY o.paid_day) AS turn
    FROM order_credit AS o
    WHERE o.brand_id = :brand AND o.customer_id IN (SELECT customer_id FROM buyer)
        AND o.paid_at < :as_of AND o.amount > 0
        AND (o.fully_refunded_at IS NULL OR o.fully_refunded_at >= :as_of)
),
-- What was bought second stands beside the first by windows, not by a join.
counted AS (
    SELECT
        p.*, min(p.place) FILTER (WHERE p.turn = 2) OVER (PARTITION BY p.customer_id) AS second
    FROM purchase AS p
),
followed AS (
    SELECT
        p.*,
        min(p.paid_at) FILTER (WHERE p.place = p.second) OVER whole AS second_at,
        min(p.order_id) FILTER (WHERE p.place = p.second) OVER whole AS second_order_id
    FROM counted AS p
    WINDOW whole AS (PARTITION BY p.customer_id)
)
SELECT
    p.customer_id,
    CASE WHEN p.cell IN ('member_and_touch', 'member_only') THEN 'group' ELSE 'non_group' END
        AS segment,
    p.order_id AS anchor_order_id,
    CAST(extract(epoch FROM p.paid_at) * 1000000 AS bigint) AS anchor_at,
    p.group_id, p.note_id, coalesce(p.touch_creator_id, (
        SELECT n.creator_id FROM note AS n WHERE n.brand_id = :brand AND n.note_id = p.note_id
    )) AS creator_id,
    CAST(extract(epoch FROM p.second_at) * 1000000 AS bigint) AS second_at, p.second_order_id,
    d.until <= :as_of AS mature,
    CASE WHEN d.until <= :as_of THEN coalesce(p.second_at <= d.until, false) END AS repeat
FROM followed AS p
CROSS JOIN LATERAL (
    SELECT p.paid_at + make_interval(hours => 24 * CAST(:within_days AS integer)) AS until
) AS d
WHERE p.place = 1 AND p.paid_at >= :start AND p.paid_at < :end
ORDER BY p.customer_id
