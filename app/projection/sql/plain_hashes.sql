-- Grain:  one row an identity asked for whose content hash is plain.
-- Reads:  event_identity.
SELECT e.source, e.event_id, e.content_hash
FROM unnest(CAST(:sources AS text[]), CAST(:ids AS text[])) AS asked (source, event_id)
JOIN event_identity AS e
    ON e.brand_id = :brand AND e.source = asked.source AND e.event_id = asked.event_id
WHERE length(e.content_hash) = 16
