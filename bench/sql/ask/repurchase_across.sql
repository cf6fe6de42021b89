WITH buyer AS (
    SELECT customer_id, arg_min(is_member_cell(cell), paid_at) AS in_group
    FROM order_credit
    WHERE paid_at >= $start AND paid_at < $end AND paid_at < $as_of AND amount > 0
        AND (fully_refunded_at IS NULL OR fully_refunded_at >= $as_of)
    GROUP BY customer_id
)
SELECT
    in_group, count(*) AS buyers,
    count(*) FILTER (WHERE customer_id IN (
        SELECT customer_id
        FROM order_credit
        WHERE paid_at >= $other_start AND paid_at < $other_end AND paid_at < $as_of AND amount > 0
            AND (fully_refunded_at IS NULL OR fully_refunded_at >= $as_of)
    )) AS hits
FROM buyer
GROUP BY in_group
