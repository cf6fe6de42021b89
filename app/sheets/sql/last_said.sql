-- Grain:  one row a thing that an import said something of before: the id of the last such event.
-- Reads:  event_identity.
-- Rule:   ids begin with what they are about, then "/", then a text that grows with the time of the
--         import and ends with a digest of what was said. "0" is the character after "/".
SELECT asked.base, last.event_id
FROM unnest(CAST(:bases AS text[])) AS asked (base)
CROSS JOIN LATERAL (
    SELECT i.event_id
    FROM event_identity AS i
    WHERE i.brand_id = :brand
        AND i.source = :source
        AND i.event_id > asked.base || '/' COLLATE "C"
        AND i.event_id < asked.base || '0' COLLATE "C"
    ORDER BY i.event_id DESC
    LIMIT 1
) AS last
