-- Grain:  one row, the import that this worker now has in hand; none where there is none to do.
-- Writes: sheet_import.
-- Rule:   a brand has one import running at a time, the oldest first; one whose worker has
--         vanished is taken over before another begins.
UPDATE sheet_import
SET
    state = 'running',
    holder = :holder,
    leased_until = clock_timestamp() + make_interval(secs => :seconds),
    started_at = coalesce(started_at, clock_timestamp()),
    attempts = attempts + 1
WHERE brand_id = :brand
    AND import_id = (
        SELECT i.import_id
        FROM sheet_import AS i
        WHERE i.brand_id = :brand
            AND (
                (i.state = 'running' AND i.leased_until < now())
                OR (
                    i.state = 'queued'
                    AND NOT EXISTS (
                        SELECT FROM sheet_import AS r
                        WHERE r.brand_id = :brand AND r.state = 'running'
                    )
                )
            )
        ORDER BY i.created_at, i.import_id
        LIMIT 1
        FOR UPDATE SKIP LOCKED
    )
RETURNING import_id, asked, bytes, created_at, rows_read, attempts
