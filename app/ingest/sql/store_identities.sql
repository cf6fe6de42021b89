-- Grain:  one row an event that is new; the others are repeats or conflicts.
-- Reads:  event_identity.  Writes: event_identity.
-- Rule:   an identity is taken once and for ever; a repeat has no second effect. Keys come in byte
--         order so that two requests cannot deadlock.
INSERT INTO event_identity (brand_id, source, event_id, content_hash)
SELECT CAST($1 AS bigint), source, event_id, content_hash
FROM unnest(CAST($2 AS text[]), CAST($3 AS text[]), CAST($4 AS bytea[]))
    AS input (source, event_id, content_hash)
ON CONFLICT DO NOTHING
RETURNING source, event_id
