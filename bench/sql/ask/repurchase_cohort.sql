WITH buyer AS (
    SELECT
        customer_id, min(paid_at) AS paid_at, min(paid_day) AS paid_day,
        arg_min(is_member_cell(cell), paid_at) AS in_group
    FROM order_credit
    WHERE paid_at >= $start AND paid_at < $end AND paid_at < $as_of AND amount > 0
        AND (fully_refunded_at IS NULL OR fully_refunded_at >= $as_of)
    GROUP BY customer_id
),
earlier AS (
    SELECT DISTINCT o.customer_id
    FROM buyer AS b
    JOIN order_credit AS o USING (customer_id)
    WHERE o.paid_at < $start AND o.paid_at < $as_of AND o.amount > 0
        AND (o.fully_refunded_at IS NULL OR o.fully_refunded_at >= $as_of)
),
first_purchase AS (
    SELECT * FROM buyer ANTI JOIN earlier USING (customer_id)
),
second_purchase AS (
    SELECT f.customer_id, min(o.paid_at) AS paid_at
    FROM first_purchase AS f
    JOIN order_credit AS o ON o.customer_id = f.customer_id AND o.paid_day > f.paid_day
    WHERE o.paid_at >= $start AND o.paid_at < $as_of AND o.amount > 0
        AND (o.fully_refunded_at IS NULL OR o.fully_refunded_at >= $as_of)
    GROUP BY f.customer_id
),
cohort AS (
    SELECT f.in_group, $as_of - f.paid_at AS observed, s.paid_at - f.paid_at AS repeated
    FROM first_purchase AS f
    LEFT JOIN second_purchase AS s USING (customer_id)
),
both_ways AS (
    SELECT CASE WHEN in_group THEN 'group' ELSE 'non_group' END AS segment, observed, repeated
    FROM cohort
    UNION ALL
    SELECT 'all', observed, repeated FROM cohort
),
observation AS (
    SELECT
        segment, coalesce(repeated, observed) AS moment, repeated IS NOT NULL AS repeats,
        sum(CAST(repeated IS NULL AS INTEGER)) OVER (
            PARTITION BY segment ORDER BY coalesce(repeated, observed), repeated IS NULL
            ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
        ) AS censored
    FROM both_ways
    WHERE coalesce(repeated, observed) <= INTERVAL 720 HOUR
),
step AS (
    SELECT
        segment, greatest(1, CAST(ceil(epoch(moment) / 86400) AS INTEGER)) AS day,
        CAST(censored AS BIGINT) AS censored,
        count(*) AS repeats
    FROM observation
    WHERE repeats
    GROUP BY ALL
)
SELECT
    segment, NULL AS day, NULL AS censored, NULL AS repeats, count(*) AS buyers,
    count(*) FILTER (WHERE observed >= INTERVAL 720 HOUR) AS mature,
    count(*) FILTER (WHERE observed >= INTERVAL 720 HOUR AND repeated <= INTERVAL 720 HOUR) AS hits
FROM both_ways
GROUP BY segment
UNION ALL
SELECT segment, day, censored, repeats, NULL, NULL, NULL FROM step
ORDER BY segment, day NULLS FIRST, censored
