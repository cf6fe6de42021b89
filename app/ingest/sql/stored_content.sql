-- Grain:  one row an identity that is stored already.
-- Reads:  event_identity.
-- Rule:   the stored content stands; what came now is compared with it.
SELECT source, event_id, content_hash
FROM event_identity
JOIN unnest(CAST($2 AS text[]), CAST($3 AS text[])) AS asked (source, event_id)
USING (source, event_id)
WHERE brand_id = $1
