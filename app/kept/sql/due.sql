-- Grain:  one row a brand with something to keep: a day is over, or a settled period went stale.
-- Reads:  schedule, stale_period.
SELECT s.brand_id
FROM schedule AS s
WHERE s.job = 'keep' AND (
    s.next_due_at <= now() OR EXISTS (
        SELECT FROM stale_period AS p
        WHERE p.brand_id = s.brand_id AND (
            p.touched_at <= now() - make_interval(secs => :settle)
            OR p.since <= now() - make_interval(secs => :patience)
        )
    )
)
ORDER BY s.next_due_at, s.brand_id
