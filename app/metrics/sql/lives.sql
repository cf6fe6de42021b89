-- Grain:  one row a live that started in the window.
-- Reads:  live, live_end, live_view, identity, membership, order_credit, shop_order, brand.
-- Rule:   docs/metrics.md, "Lives". An order that names no live counts for the last started of
--         those that its customer had viewed and that ran, with the grace after it, when it was
--         paid. A live that started before the window never wins over one of the window, so only
--         those that started later are rivals.
WITH run AS MATERIALIZED (
    SELECT
        l.live_id, l.title, l.started_at, e.ended_at,
        coalesce(e.ended_at + make_interval(hours => b.live_grace_hours), 'infinity') AS until,
        l.started_at < :end AS asked
    FROM live AS l
    JOIN brand AS b ON b.brand_id = :brand
    LEFT JOIN LATERAL (
        SELECT max(e.ended_at) AS ended_at
        FROM live_end AS e
        WHERE e.brand_id = :brand AND e.live_id = l.live_id AND e.ended_at < :as_of
    ) AS e ON true
    WHERE l.brand_id = :brand AND l.started_at >= :start AND l.started_at < :as_of
),
rival AS MATERIALIZED (
    SELECT * FROM run WHERE started_at <= (SELECT max(until) FROM run WHERE asked)
),
viewed AS MATERIALIZED (
    SELECT r.live_id, r.asked, i.customer_id, v.viewed_at, v.group_id
    FROM rival AS r
    JOIN live_view AS v
        ON v.brand_id = :brand AND v.live_id = r.live_id AND v.viewed_at < :as_of
    JOIN identity AS i ON i.brand_id = :brand AND i.space = 'member' AND i.id = v.member_id
),
viewer AS MATERIALIZED (
    SELECT live_id, customer_id, min(viewed_at) AS viewed_at
    FROM viewed GROUP BY live_id, customer_id
),
group_viewer AS (
    SELECT live_id, customer_id FROM viewed WHERE asked AND group_id IS NOT NULL
    UNION
    SELECT v.live_id, v.customer_id
    FROM viewed AS v
    JOIN identity AS i
        ON i.brand_id = :brand AND i.customer_id = v.customer_id AND i.space = 'member'
    JOIN membership AS m
        ON m.brand_id = :brand AND m.member_id = i.id
        AND m.joined_at <= v.viewed_at AND (m.left_at IS NULL OR m.left_at > v.viewed_at)
    WHERE v.asked AND v.group_id IS NULL
),
named AS (
    SELECT r.live_id, c.amount, c.cell
    FROM run AS r
    JOIN shop_order AS o
        ON o.brand_id = :brand AND (o.touch ->> 'live_id') COLLATE "C" = r.live_id
    JOIN order_credit AS c ON c.brand_id = :brand AND c.order_id = o.order_id
    WHERE r.asked AND c.paid_at < :as_of
),
followed AS (
    SELECT DISTINCT ON (c.order_id) r.live_id, c.amount, c.cell
    FROM viewer AS v
    JOIN rival AS r ON r.live_id = v.live_id
    JOIN order_credit AS c
        ON c.brand_id = :brand AND c.customer_id = v.customer_id
        AND c.paid_at >= greatest(v.viewed_at, r.started_at) AND c.paid_at <= r.until
        AND c.paid_at < :as_of
    JOIN shop_order AS o ON o.brand_id = :brand AND o.order_id = c.order_id
    WHERE o.touch ->> 'live_id' IS NULL
    ORDER BY c.order_id, r.started_at DESC, r.live_id DESC
),
sold AS (
    SELECT
        live_id, count(*) AS orders, sum(amount) AS gmv,
        count(*) FILTER (WHERE cell IN ('member_and_touch', 'member_only')) AS member_orders,
        sum(amount) FILTER (WHERE cell IN ('member_and_touch', 'member_only')) AS member_gmv
    FROM (SELECT * FROM named UNION ALL SELECT * FROM followed) AS sale
    GROUP BY live_id
),
joined AS (
    SELECT m.live_id, count(*) AS joins
    FROM run AS r
    JOIN membership AS m
        ON m.brand_id = :brand AND m.live_id = r.live_id AND m.joined_at < :as_of
        AND (m.left_at IS NULL OR m.left_at > m.joined_at)
    WHERE r.asked
    GROUP BY m.live_id
),
watched AS (SELECT live_id, count(*) AS viewers FROM viewer GROUP BY live_id),
watched_from_groups AS (
    SELECT live_id, count(*) AS group_viewers FROM group_viewer GROUP BY live_id
)
SELECT
    r.live_id, r.title, r.started_at, r.ended_at,
    coalesce(w.viewers, 0) AS viewers,
    coalesce(g.group_viewers, 0) AS group_viewers,
    coalesce(j.joins, 0) AS joins,
    coalesce(s.orders, 0) AS orders,
    coalesce(s.gmv, 0) AS gmv,
    coalesce(s.member_orders, 0) AS member_orders,
    coalesce(s.member_gmv, 0) AS member_gmv
FROM run AS r
LEFT JOIN watched AS w ON w.live_id = r.live_id
LEFT JOIN watched_from_groups AS g ON g.live_id = r.live_id
LEFT JOIN joined AS j ON j.live_id = r.live_id
LEFT JOIN sold AS s ON s.live_id = r.live_id
WHERE r.asked
ORDER BY r.started_at, r.live_id
