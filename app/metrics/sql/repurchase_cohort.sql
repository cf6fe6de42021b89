-- Grain:  one row a buyer of the cohort.
-- Reads:  order_credit, note; segment_member where a segment is asked for.
-- Rule:   docs/metrics.md, "Repurchase", kind cohort: the anchor is the first purchase ever.
-- Goes on in repurchase_curve.sql.
WITH buyer AS (
    SELECT DISTINCT o.customer_id
    FROM order_credit AS o
    WHERE o.brand_id = :brand AND o.paid_at >= :start AND o.paid_at < :end AND o.paid_at < :as_of
),
purchase AS (
    SELECT
        o.customer_id, o.paid_at, o.cell, o.group_id, o.note_id, o.touch_creator_id,
        row_number() OVER (PARTITION BY o.customer_id ORDER BY o.paid_at, o.order_id) AS place,
        CASE
            WHEN CAST(:dedupe AS text) = 'day'
            THEN dense_rank() OVER (PARTITION BY o.customer_id ORDER BY o.paid_day)
            ELSE row_number() OVER (PARTITION BY o.customer_id ORDER BY o.paid_at, o.order_id)
        END AS turn
    FROM order_credit AS o
    WHERE o.brand_id = :brand AND o.customer_id IN (SELECT customer_id FROM buyer)
        AND o.paid_at < :as_of AND o.amount > 0
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
        p.cell IN ('member_and_touch', 'member_only') AS in_group, p.paid_at, p.second_at
    FROM followed AS p
    WHERE p.place = 1 AND p.paid_at >= :start AND p.paid_at < :end
        AND (CAST(:group_id AS text) IS NULL OR p.group_id = :group_id)
        AND (CAST(:note_id AS text) IS NULL OR p.note_id = :note_id)
        AND (
            CAST(:creator_id AS text) IS NULL
            -- A look-up: as a join it became a loop over all notes of the brand for each buyer.
            OR coalesce(p.touch_creator_id, (
                SELECT n.creator_id FROM note AS n
                WHERE n.brand_id = :brand AND n.note_id = p.note_id
            )) = :creator_id
        )
        AND (CAST(:segment_id AS text) IS NULL OR CAST(:inside AS boolean) = EXISTS (
            SELECT FROM segment_member AS picked WHERE picked.brand_id = :brand
                AND picked.segment_id = :segment_id AND picked.customer_id = p.customer_id
        ))
)
