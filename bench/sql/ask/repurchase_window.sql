SELECT in_group, count(*) AS buyers, count(*) FILTER (WHERE repeats) AS hits
FROM (
    SELECT
        arg_min(is_member_cell(cell), paid_at) AS in_group, min(paid_day) < max(paid_day) AS repeats
    FROM order_credit
    WHERE paid_at >= $start AND paid_at < $end AND paid_at < $as_of AND amount > 0
        AND (fully_refunded_at IS NULL OR fully_refunded_at >= $as_of)
    GROUP BY customer_id
) AS buyer
GROUP BY in_group
