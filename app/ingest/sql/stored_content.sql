-- Grain:  one row an identity that is stored already.
-- Reads:  event_identity.
-- Rule:   the stored content stands; what came now is compared with it. A look-up for each
--         (OFFSET 0 keeps it so), else all that the brand ever had may be read for a few repeats.
SELECT i.source, i.event_id, i.content_hash
FROM unnest(CAST($2 AS text[]), CAST($3 AS text[])) AS asked (source, event_id)
CROSS JOIN LATERAL (
    SELECT e.source, e.event_id, e.content_hash FROM event_identity AS e
    WHERE e.brand_id = $1
        AND e.source = asked.source COLLATE "C" AND e.event_id = asked.event_id COLLATE "C"
    OFFSET 0
) AS i
