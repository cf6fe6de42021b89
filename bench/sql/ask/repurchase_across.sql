WITH buyer AS (
    SELECT customer_id, arg_min(is_member_cell(cell), paid_at) AS in_group
    FROM order_credit
    WHERE paid_at >= $start AND paid_at < $end AND paid_at < $as_of AND amount > 0
        AND (fully_refunded_at IS NULL OR fully_refunded_at >= $as_of)
    GROUP BY customer_id
),
hit AS (
    SELECT DISTINCT o.customer_id
    FROM buyer AS b
    JOIN order_credit AS o USING (customer_id)
    WHERE o.paid_at >= $other_start AND o.paid_at < $other_end AND o.paid_at < $as_of
        AND o.amount > 0 AND (o.fully_refunded_at IS NULL OR o.fully_refunded_at >= $as_of)
)
SELECT b.in_group, count(*) AS buyers, count(h.customer_id) AS hits
FROM buyer AS b
LEFT JOIN hit AS h USING (customer_id)
GROUP BY b.in_group
