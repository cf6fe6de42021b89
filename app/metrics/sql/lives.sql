-- Grain:  one row a live that started in the window.
-- Reads:  live, live_end, live_view, identity, membership, order_credit, shop_order, brand.
-- Rule:   docs/metrics.md, "Lives". An order that names no live counts for the last started of
--         those that its customer had viewed and that ran, with the grace after it, when it was
--         paid. A live that started before the window never wins over one of the window, so only
--         those that started later are rivals.
WITH run AS MATERIALIZED (
    SELECT
        l.live_id, l.started_at, e.ended_at,
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
    -- A live may be said to have ended before it began, so those of the window are named.
    SELECT * FROM run WHERE asked OR started_at <= (SELECT max(until) FROM run WHERE asked)
),
viewed AS MATERIALIZED (
    SELECT
        r.live_id, r.asked, r.started_at, r.until, i.customer_id, v.viewed_at, v.group_id
    FROM rival AS r
    JOIN live_view AS v
        ON v.brand_id = :brand AND v.live_id = r.live_id AND v.viewed_at < :as_of
    JOIN identity AS i ON i.brand_id = :brand AND i.space = 'member' AND i.id = v.member_id
),
viewer AS MATERIALIZED (
    SELECT live_id, started_at, until, customer_id, min(viewed_at) AS viewed_at
    FROM viewed GROUP BY live_id, started_at, until, customer_id
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
        -- The index of these texts has the default collation.
        ON o.brand_id = :brand AND o.touch ->> 'live_id' = r.live_id COLLATE "default"
    JOIN order_credit AS c ON c.brand_id = :brand AND c.order_id = o.order_id
    WHERE r.asked AND c.paid_at < :as_of
),
followed AS (
    SELECT DISTINCT ON (c.order_id) v.live_id, c.amount, c.cell
    FROM viewer AS v
    JOIN order_credit AS c
        ON c.brand_id = :brand AND c.customer_id = v.customer_id
        AND c.paid_at >= greatest(v.viewed_at, v.started_at) AND c.paid_at <= v.until
        AND c.paid_at < :as_of
    JOIN shop_order AS o ON o.brand_id = :brand AND o.order_id = c.order_id
    WHERE o.touch ->> 'live_id' IS NULL
    ORDER BY c.order_id, v.started_at DESC, v.live_id DESC
),
-- What is counted of each live, one count a row, so that nothing need be joined to add them up.
counted (
    live_id, ended_at, viewers, group_viewers, joins, orders, gmv, member_orders, member_gmv
) AS (
    SELECT live_id, ended_at, 0, 0, 0, 0, CAST(0 AS numeric), 0, CAST(0 AS numeric) FROM run
    UNION ALL
    SELECT live_id, NULL, count(*), 0, 0, 0, 0, 0, 0 FROM viewer GROUP BY live_id
    UNION ALL
    SELECT live_id, NULL, 0, count(*), 0, 0, 0, 0, 0 FROM group_viewer GROUP BY live_id
    UNION ALL
    SELECT r.live_id, NULL, 0, 0, count(*), 0, 0, 0, 0
    FROM run AS r
    JOIN membership AS m
        ON m.brand_id = :brand AND m.live_id = r.live_id AND m.joined_at < :as_of
        AND (m.left_at IS NULL OR m.left_at > m.joined_at)
    WHERE r.asked
    GROUP BY r.live_id
    UNION ALL
    SELECT
        live_id, NULL, 0, 0, 0, count(*), sum(amount),
        count(*) FILTER (WHERE cell IN ('member_and_touch', 'member_only')),
        coalesce(sum(amount) FILTER (WHERE cell IN ('member_and_touch', 'member_only')), 0)
    FROM (SELECT * FROM named UNION ALL SELECT * FROM followed) AS sale
    GROUP BY live_id
),
summed AS (
    SELECT
        live_id, max(ended_at) AS ended_at, sum(viewers) AS viewers, sum(group_viewers) AS group_viewers,
        sum(joins) AS joins, sum(orders) AS orders, sum(gmv) AS gmv,
        sum(member_orders) AS member_orders, sum(member_gmv) AS member_gmv
    FROM counted GROUP BY live_id
)
SELECT
    l.live_id, l.title, l.started_at, s.ended_at, s.viewers, s.group_viewers, s.joins,
    s.orders, s.gmv, s.member_orders, s.member_gmv
FROM summed AS s
JOIN live AS l ON l.brand_id = :brand AND l.live_id = s.live_id
WHERE l.started_at < :end
ORDER BY l.started_at, l.live_id
