-- Grain:  one row a segment.
-- Reads:  order_credit, note; segment_member where a segment is asked for.
-- Rule:   docs/metrics.md, "Repurchase", kind window: of those who buy in the window, who buys
--         again in it. The anchor, the first purchase in the window, decides segment and filters.
WITH purchase AS (
    SELECT
        o.customer_id, o.cell, o.group_id, o.note_id, o.touch_creator_id,
        row_number() OVER (
            PARTITION BY o.customer_id ORDER BY o.paid_at, o.order_id
        ) AS turn,
        CASE
            WHEN CAST(:dedupe AS text) = 'day'
            THEN min(o.paid_day) OVER of_customer < max(o.paid_day) OVER of_customer
            ELSE count(*) OVER of_customer > 1
        END AS repeats
    FROM order_credit AS o
    WHERE o.brand_id = :brand AND o.paid_at >= :start AND o.paid_at < :end AND o.paid_at < :as_of
        AND o.amount > 0
        AND (o.fully_refunded_at IS NULL OR o.fully_refunded_at >= :as_of)
    WINDOW of_customer AS (PARTITION BY o.customer_id)
)
SELECT
    p.cell IN ('member_and_touch', 'member_only') AS in_group,
    count(*) AS buyers,
    count(*) FILTER (WHERE p.repeats) AS hits
FROM purchase AS p
LEFT JOIN note AS n ON n.brand_id = :brand AND n.note_id = p.note_id
WHERE p.turn = 1
    AND (CAST(:group_id AS text) IS NULL OR p.group_id = :group_id)
    AND (CAST(:note_id AS text) IS NULL OR p.note_id = :note_id)
    AND (
        CAST(:creator_id AS text) IS NULL
        OR coalesce(p.touch_creator_id, n.creator_id) = :creator_id
    )
    AND (CAST(:segment_id AS text) IS NULL OR CAST(:inside AS boolean) = EXISTS (
        SELECT FROM segment_member AS picked WHERE picked.brand_id = :brand
            AND picked.segment_id = :segment_id AND picked.customer_id = p.customer_id
    ))
GROUP BY in_group
