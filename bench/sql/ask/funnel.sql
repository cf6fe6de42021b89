WITH joined AS (
    SELECT
        CASE $by WHEN 'note' THEN m.note_id WHEN 'creator' THEN n.creator_id ELSE m.group_id END
            AS key,
        i.customer_id, m.group_id, m.joined_at, m.left_at, m.joined_at + INTERVAL 30 DAY AS until
    FROM membership AS m
    JOIN identity AS i ON i.space = 'member' AND i.id = m.member_id
    LEFT JOIN note AS n ON n.note_id = m.note_id
    WHERE m.joined_at >= $start AND m.joined_at < $end AND m.joined_at < $as_of
        AND (m.left_at IS NULL OR m.left_at > m.joined_at)
),
speaker AS (
    SELECT DISTINCT j.key, j.customer_id
    FROM joined AS j
    JOIN identity AS i ON i.customer_id = j.customer_id AND i.space = 'member'
    JOIN message AS m
        ON m.group_id = j.group_id AND m.member_id = i.id
        AND m.sent_at >= j.joined_at AND m.sent_at < j.until
    WHERE m.sent_at >= $start AND m.sent_at < $end + INTERVAL 30 DAY AND m.sent_at < $as_of
),
buyer AS (
    SELECT j.key, j.customer_id, min(o.paid_day) < max(o.paid_day) AS repeats
    FROM joined AS j
    JOIN order_credit AS o
        ON o.customer_id = j.customer_id AND o.paid_at >= j.joined_at AND o.paid_at < j.until
    WHERE o.paid_at >= $start AND o.paid_at < $end + INTERVAL 30 DAY AND o.paid_at < $as_of
        AND o.amount > 0 AND (o.fully_refunded_at IS NULL OR o.fully_refunded_at >= $as_of)
    GROUP BY j.key, j.customer_id
),
paid_back AS (
    SELECT order_id, sum(amount) AS amount
    FROM refund_credit
    WHERE refunded_at >= $start AND refunded_at < $as_of
    GROUP BY order_id
),
credited AS (
    SELECT
        CASE $by WHEN 'note' THEN o.note_id WHEN 'group' THEN o.group_id
            ELSE coalesce(o.touch_creator_id, n.creator_id) END AS key,
        o.amount, o.amount - coalesce(b.amount, 0) AS net
    FROM order_credit AS o
    LEFT JOIN note AS n ON n.note_id = o.note_id
    LEFT JOIN paid_back AS b ON b.order_id = o.order_id
    WHERE o.paid_at >= $start AND o.paid_at < $end AND o.paid_at < $as_of
),
step AS (
    SELECT
        key, count(*) AS joins, count(DISTINCT customer_id) AS joined_customers,
        count(*) FILTER (WHERE until <= $as_of) AS mature_joins,
        count(*) FILTER (WHERE left_at < until AND left_at < $as_of) AS ended,
        0 AS speakers, 0 AS buyers, 0 AS repeat_buyers,
        0 AS credited_orders, 0 AS credited_gmv, 0 AS credited_net_gmv
    FROM joined GROUP BY key
    UNION ALL
    SELECT key, 0, 0, 0, 0, count(*), 0, 0, 0, 0, 0 FROM speaker GROUP BY key
    UNION ALL
    SELECT key, 0, 0, 0, 0, 0, count(*), count(*) FILTER (WHERE repeats), 0, 0, 0
    FROM buyer GROUP BY key
    UNION ALL
    SELECT key, 0, 0, 0, 0, 0, 0, 0, count(*), sum(amount), sum(net) FROM credited GROUP BY key
),
counted AS (
    SELECT key, sum(COLUMNS(* EXCLUDE (key))) FROM step GROUP BY key
)
SELECT
    c.key,
    CASE $by WHEN 'note' THEN n.title WHEN 'creator' THEN a.name ELSE g.name END AS name,
    c.* EXCLUDE (key)
FROM counted AS c
LEFT JOIN note AS n ON $by = 'note' AND n.note_id = c.key
LEFT JOIN creator AS a ON $by = 'creator' AND a.creator_id = c.key
LEFT JOIN chat_group AS g ON $by = 'group' AND g.group_id = c.key
ORDER BY c.key NULLS LAST
