-- Grain:  one row a reading of a note's totals, keyed by its event.
-- Writes: note_measurement.
INSERT INTO note_measurement (
    brand_id, event_id, event_source, note_id, measured_at,
    views, likes, collects, comments, shares
)
SELECT :brand, i.*
FROM unnest(
    CAST(:event_ids AS text[]), CAST(:event_sources AS text[]), CAST(:note_ids AS text[]),
    CAST(:ats AS timestamptz[]), CAST(:views AS bigint[]), CAST(:likes AS bigint[]),
    CAST(:collects AS bigint[]), CAST(:comments AS bigint[]), CAST(:shares AS bigint[])
) AS i
ON CONFLICT DO NOTHING
