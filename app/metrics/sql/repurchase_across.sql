-- Grain:  one row a segment.
-- Reads:  order_credit, note; segment_member where a segment is asked for.
-- Rule:   docs/metrics.md, "Repurchase", kinds returning and next_period: of those who buy in
--         the window, who also buys in another one (before it, or the one that follows).
WITH anchor AS (
    SELECT DISTINCT ON (o.customer_id)
        o.customer_id, o.cell, o.group_id, o.note_id, o.touch_creator_id
    FROM order_credit AS o
    WHERE o.brand_id = :brand AND o.paid_at >= :start AND o.paid_at < :end AND o.paid_at < :as_of
        AND o.amount > 0
        AND (o.fully_refunded_at IS NULL OR o.fully_refunded_at >= :as_of)
    ORDER BY o.customer_id, o.paid_at, o.order_id
)
SELECT
    a.cell IN ('member_and_touch', 'member_only') AS in_group,
    count(*) AS buyers,
    count(*) FILTER (WHERE EXISTS (
        SELECT FROM order_credit AS o
        WHERE o.brand_id = :brand AND o.customer_id = a.customer_id
            AND o.paid_at >= :other_start AND o.paid_at < :other_end AND o.paid_at < :as_of
            AND o.amount > 0
            AND (o.fully_refunded_at IS NULL OR o.fully_refunded_at >= :as_of)
    )) AS hits
FROM anchor AS a
LEFT JOIN note AS n ON n.brand_id = :brand AND n.note_id = a.note_id
WHERE (CAST(:group_id AS text) IS NULL OR a.group_id = :group_id)
    AND (CAST(:note_id AS text) IS NULL OR a.note_id = :note_id)
    AND (
        CAST(:creator_id AS text) IS NULL
        OR coalesce(a.touch_creator_id, n.creator_id) = :creator_id
    )
    AND (CAST(:segment_id AS text) IS NULL OR CAST(:inside AS boolean) = EXISTS (
        SELECT FROM segment_member AS picked WHERE picked.brand_id = :brand
            AND picked.segment_id = :segment_id AND picked.customer_id = a.customer_id
    ))
GROUP BY in_group
