WITH run AS (
    SELECT
        l.live_id, l.title, l.started_at, e.ended_at,
        coalesce(e.ended_at + INTERVAL 2 HOUR, CAST('infinity' AS TIMESTAMP)) AS until,
        l.started_at < $end AS asked
    FROM live AS l
    LEFT JOIN (
        SELECT live_id, max(ended_at) AS ended_at
        FROM live_end
        WHERE ended_at < $as_of
        GROUP BY live_id
    ) AS e USING (live_id)
    WHERE l.started_at >= $start AND l.started_at < $as_of
),
viewed AS (
    SELECT
        r.live_id, r.asked, r.started_at, r.until, i.customer_id, v.viewed_at, v.group_id
    FROM run AS r
    JOIN live_view AS v ON v.live_id = r.live_id
    JOIN identity AS i ON i.space = 'member' AND i.id = v.member_id
    WHERE v.viewed_at < $as_of
),
viewer AS (
    SELECT live_id, asked, started_at, until, customer_id, min(viewed_at) AS viewed_at
    FROM viewed
    GROUP BY live_id, asked, started_at, until, customer_id
),
stay AS (
    SELECT i.customer_id, m.joined_at, m.left_at
    FROM membership AS m
    JOIN identity AS i ON i.space = 'member' AND i.id = m.member_id
),
group_viewer AS (
    SELECT live_id, customer_id FROM viewed WHERE asked AND group_id IS NOT NULL
    UNION
    SELECT v.live_id, v.customer_id
    FROM viewed AS v
    JOIN stay AS s
        ON s.customer_id = v.customer_id AND s.joined_at <= v.viewed_at
        AND (s.left_at IS NULL OR s.left_at > v.viewed_at)
    WHERE v.asked AND v.group_id IS NULL
),
sale AS (
    SELECT r.live_id, c.amount, c.cell
    FROM run AS r
    JOIN shop_order AS o ON o.touch_live_id = r.live_id
    JOIN order_credit AS c ON c.order_id = o.order_id
    WHERE r.asked AND c.paid_at < $as_of
    UNION ALL
    SELECT live_id, amount, cell
    FROM (
        SELECT
            v.live_id, c.order_id, c.amount, c.cell,
            row_number() OVER (
                PARTITION BY c.order_id ORDER BY v.started_at DESC, v.live_id DESC
            ) AS turn
        FROM viewer AS v
        JOIN order_credit AS c
            ON c.customer_id = v.customer_id AND c.paid_at >= v.viewed_at
            AND c.paid_at >= v.started_at AND c.paid_at <= v.until
        JOIN shop_order AS o ON o.order_id = c.order_id
        WHERE c.paid_at >= $start AND c.paid_at < $as_of
            AND o.paid_at >= $start AND o.touch_live_id IS NULL
    ) AS followed
    WHERE turn = 1
),
counted AS (
    SELECT
        live_id, count(*) AS viewers, 0 AS group_viewers, 0 AS joins, 0 AS orders, 0 AS gmv,
        0 AS member_orders, 0 AS member_gmv
    FROM viewer GROUP BY live_id
    UNION ALL
    SELECT live_id, 0, count(*), 0, 0, 0, 0, 0 FROM group_viewer GROUP BY live_id
    UNION ALL
    SELECT live_id, 0, 0, count(*), 0, 0, 0, 0
    FROM membership
    WHERE live_id IS NOT NULL AND joined_at < $as_of AND (left_at IS NULL OR left_at > joined_at)
    GROUP BY live_id
    UNION ALL
    SELECT
        live_id, 0, 0, 0, count(*), sum(amount), count(*) FILTER (WHERE is_member_cell(cell)),
        coalesce(sum(amount) FILTER (WHERE is_member_cell(cell)), 0)
    FROM sale GROUP BY live_id
),
summed AS (
    SELECT live_id, sum(COLUMNS(* EXCLUDE (live_id))) FROM counted GROUP BY live_id
)
SELECT
    r.live_id, r.title, r.started_at, r.ended_at,
    COLUMNS(s.* EXCLUDE (live_id))
FROM run AS r
LEFT JOIN summed AS s USING (live_id)
WHERE r.asked
ORDER BY r.started_at, r.live_id
