-- Grain:  one row a refund that moves money, before as_of, of a GMV order paid before as_of: where
--         the order was paid in the window, or the refund fell in it; by order_id and refund_id.
-- Reads:  order_credit, refund_credit.
-- Rule:   docs/metrics.md, "Which orders": a refund keeps its order's attribution.
SELECT
    r.order_id, r.refund_id,
    CAST(extract(epoch FROM r.refunded_at) * 1000000 AS bigint) AS refunded_at, r.amount,
    CAST(extract(epoch FROM r.paid_at) * 1000000 AS bigint) AS paid_at, r.cell, r.group_id,
    r.order_in_window, r.refunded_at >= :start AND r.refunded_at < :end AS in_window
FROM (
    SELECT r.*, true AS order_in_window
    FROM order_credit AS c
    JOIN refund_credit AS r ON r.brand_id = :brand AND r.order_id = c.order_id
    WHERE c.brand_id = :brand AND c.refunded > 0
        AND c.paid_at >= :start AND c.paid_at < :end AND c.paid_at < :as_of
    UNION ALL
    SELECT r.*, false
    FROM refund_credit AS r
    WHERE r.brand_id = :brand AND r.refunded_at >= :start AND r.refunded_at < :end
        AND r.paid_at < :as_of AND NOT (r.paid_at >= :start AND r.paid_at < :end)
) AS r
WHERE r.refunded_at < :as_of
ORDER BY r.order_id, r.refund_id
