-- What waits over all brands, and for how many seconds the oldest has.
-- Grain: a queue.
-- Reads: pending_event, dirty_customer, dirty_sum, dirty_brand, dirty_segment, stale_period,
--     sheet_import, export, webhook_delivery, work_lease; as the worker, without a brand.
-- Rule: rows are counted up to the number given. An event that failed is put off into the future:
--     it is counted, and never the oldest, which is found among each brand's first.
WITH pending AS MATERIALIZED (
    SELECT count(*) AS rows, count(*) FILTER (WHERE attempts > 0) AS failing
    FROM (SELECT attempts FROM pending_event LIMIT :most) AS q
),
depths AS (
    SELECT 'events' AS queue, rows, (
        SELECT min(first.next_attempt_at) FROM work_lease AS b
        CROSS JOIN LATERAL (
            SELECT p.next_attempt_at FROM pending_event AS p
            WHERE p.brand_id = b.brand_id AND p.attempts = 0 ORDER BY p.event_no LIMIT 1
        ) AS first
    ) AS since
    FROM pending
    UNION ALL SELECT 'failing_events', failing, NULL FROM pending
    UNION ALL SELECT 'customers', count(*), min(since)
    FROM (SELECT since FROM dirty_customer LIMIT :most) AS q
    UNION ALL SELECT 'sums', count(*), min(since) FROM (SELECT since FROM dirty_sum LIMIT :most) AS q
    UNION ALL SELECT 'brands', count(*), min(since) FROM dirty_brand
    UNION ALL SELECT 'segments', count(*), min(since)
    FROM (SELECT since FROM dirty_segment LIMIT :most) AS q
    UNION ALL SELECT 'periods', count(*), min(since)
    FROM (SELECT since FROM stale_period LIMIT :most) AS q
    UNION ALL SELECT 'imports', count(*), min(created_at)
    FROM sheet_import WHERE state IN ('queued', 'running')
    UNION ALL SELECT 'exports', count(*), min(created_at)
    FROM export WHERE state IN ('queued', 'running')
    UNION ALL SELECT 'deliveries', count(*), min(created_at)
    FROM (SELECT created_at FROM webhook_delivery WHERE state = 'pending' LIMIT :most) AS q
)
SELECT queue, rows,
    CAST(greatest(0, extract(EPOCH FROM clock_timestamp() - since)) AS double precision) AS seconds
FROM depths
