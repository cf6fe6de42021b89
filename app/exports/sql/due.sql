-- Grain:  brands that have a run to be worked on and none in hand, the longest waiting first.
-- Reads:  export of all brands.
SELECT e.brand_id
FROM export AS e
WHERE
    (
        (e.state = 'queued' AND e.not_before <= now())
        OR (e.state = 'running' AND e.leased_until < now())
    )
    AND NOT EXISTS (
        SELECT FROM export AS r
        WHERE r.brand_id = e.brand_id AND r.state = 'running' AND r.leased_until >= now()
    )
GROUP BY e.brand_id
ORDER BY min(e.not_before)
