-- Grain:  an export whose files are kept.
-- Writes: export.
-- Rule:   the brand's setting of now counts for exports of the past, too: files go export_days
--         after they were finished, and a row tells when that is going to be.
UPDATE export AS e
SET
    expires_at = e.finished_at + make_interval(days => b.export_days),
    removed_at = CASE
        WHEN e.finished_at + make_interval(days => b.export_days) <= now() THEN clock_timestamp()
    END,
    removed_why = CASE
        WHEN e.finished_at + make_interval(days => b.export_days) <= now() THEN 'expired'
    END
FROM brand AS b
WHERE b.brand_id = :brand
    AND e.brand_id = :brand AND e.state = 'done' AND e.removed_at IS NULL
    AND e.finished_at IS NOT NULL
    AND (
        e.expires_at IS DISTINCT FROM e.finished_at + make_interval(days => b.export_days)
        OR e.expires_at <= now()
    )
