-- Grain:  one row, the import, where this worker still has it in hand.
-- Writes: sheet_import.
-- Rule:   committed with the events of the rows it counts; whoever goes on begins behind them.
UPDATE sheet_import AS i
SET
    rows_read = i.rows_read + :rows_read,
    accepted = i.accepted + :accepted,
    corrected = i.corrected + :corrected,
    duplicates = i.duplicates + :duplicates,
    rejected = i.rejected + :rejected,
    events = i.events + :events,
    counts = i.counts || coalesce(
        (
            SELECT jsonb_object_agg(key, value + coalesce(CAST(i.counts ->> key AS bigint), 0))
            FROM (
                SELECT key, CAST(value AS bigint) AS value
                FROM jsonb_each_text(CAST(:counts AS jsonb))
            ) AS more
        ), '{}'
    ),
    percent = :percent,
    attempts = 0,
    touched_at = clock_timestamp()
WHERE i.brand_id = :brand AND i.import_id = :id AND i.holder = :holder AND i.state = 'running'
RETURNING rows_read
