-- Grain:  one row an identity whose content can be guessed.
-- Writes: event_identity.
UPDATE event_identity AS e SET content_hash = keyed.content_hash
FROM unnest(CAST(:sources AS text[]), CAST(:ids AS text[]), CAST(:hashes AS bytea[]))
    AS keyed (source, event_id, content_hash)
WHERE e.brand_id = :brand AND e.source = keyed.source AND e.event_id = keyed.event_id
    AND length(e.content_hash) = 16
