-- Grain:  one row, the run that this worker now has in hand; none where there is none to do.
-- Writes: export.
-- Rule:   a brand has one running at a time; one whose worker has vanished is taken over before
--         another begins. What somebody waits for goes before what the clock asked for, and of
--         that the newest week first. Whoever is erased from now on marks the run.
UPDATE export
SET
    state = 'running',
    holder = :holder,
    leased_until = clock_timestamp() + make_interval(secs => :seconds),
    started_at = coalesce(started_at, clock_timestamp()),
    attempts = attempts + 1,
    lists_people = true,
    erased_at = CASE WHEN state = 'queued' THEN NULL ELSE erased_at END
WHERE brand_id = :brand
    AND export_id = (
        SELECT e.export_id
        FROM export AS e
        WHERE e.brand_id = :brand
            AND (
                (e.state = 'running' AND e.leased_until < now())
                OR (
                    e.state = 'queued' AND e.not_before <= now()
                    AND NOT EXISTS (
                        SELECT FROM export AS r
                        WHERE r.brand_id = :brand AND r.state = 'running'
                    )
                )
            )
        ORDER BY
            e.state = 'queued', e.scheduled_for IS NOT NULL, e.created_at, e.end_day DESC,
            e.export_id
        LIMIT 1
        FOR UPDATE SKIP LOCKED
    )
RETURNING
    export_id, kind, week, revision, first_day, end_day, as_of, language, asked, previous_id,
    attempts, created_by, prefix, manifest, moved, erased_at,
    extract(EPOCH FROM clock_timestamp() - created_at) AS waited
