-- Grain:  one row a live that started in the window.
-- Reads:  live, live_sum.
-- Rule:   docs/metrics.md, "Lives", where all that is known has happened.
SELECT
    l.live_id, l.title, l.started_at, l.ended_at,
    coalesce(s.viewers, 0) AS viewers, coalesce(s.group_viewers, 0) AS group_viewers,
    coalesce(s.joins, 0) AS joins, coalesce(s.orders, 0) AS orders, coalesce(s.gmv, 0) AS gmv,
    coalesce(s.member_orders, 0) AS member_orders, coalesce(s.member_gmv, 0) AS member_gmv
FROM live AS l
LEFT JOIN live_sum AS s ON s.brand_id = :brand AND s.live_id = l.live_id
WHERE l.brand_id = :brand AND l.started_at >= :start AND l.started_at < :end
ORDER BY l.started_at, l.live_id
