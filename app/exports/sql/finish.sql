-- Grain:  one row, the run, where this worker still has it in hand and nobody was erased since it
--         began to read.
-- Writes: export.
UPDATE export AS e
SET
    state = 'done', percent = 100, step = NULL, code = NULL, detail = NULL,
    finished_at = clock_timestamp(), holder = NULL, leased_until = NULL,
    rows_written = :rows, lists_people = :people,
    expires_at = clock_timestamp() + make_interval(days => CAST(b.export_days AS integer))
FROM brand AS b
WHERE b.brand_id = :brand
    AND e.brand_id = :brand AND e.export_id = :id AND e.holder = :holder
    AND e.state = 'running' AND e.erased_at IS NULL
RETURNING e.moved
