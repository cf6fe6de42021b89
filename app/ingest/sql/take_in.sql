-- Grain:  one row an event whose identity is stored already: a repeat or a conflict.
-- Reads:  event_identity.  Writes: event_identity, event, pending_event.
-- Rule:   an identity is taken once and for ever; a repeat has no second effect. Keys are taken in
--         byte order so that two requests cannot deadlock. Numbers grow with the time of arrival:
--         milliseconds since 1970, then a counter.
--         $2 events come as texts joined by $3, since an array costs its sender half a microsecond
--         an element. Where all are new, as nearly always, they are not looked for among the taken.
WITH taken AS (
    INSERT INTO event_identity (brand_id, source, event_id, content_hash)
    SELECT CAST($1 AS bigint), source, event_id, decode(content_hash, 'hex')
    FROM unnest(
        string_to_array($4, CAST($3 AS text)), string_to_array($5, CAST($3 AS text)),
        string_to_array($6, CAST($3 AS text))
    ) AS input (source, event_id, content_hash)
    ORDER BY source COLLATE "C", event_id COLLATE "C"
    ON CONFLICT DO NOTHING
    RETURNING source, event_id
),
stored AS (
    INSERT INTO event (brand_id, event_no, source, event_id, raw)
    SELECT
        CAST($1 AS bigint),
        (SELECT CAST(extract(EPOCH FROM clock_timestamp()) * 1000 AS bigint) << 20)
        | (nextval('event_counter') & 1048575),
        source, event_id, raw
    FROM unnest(
        string_to_array($4, $3), string_to_array($5, $3), string_to_array($7, $3)
    ) AS input (source, event_id, raw)
    WHERE (SELECT count(*) FROM taken) = CAST($2 AS bigint)
        OR (source, event_id) IN (SELECT source, event_id FROM taken)
    RETURNING event_no
),
queued AS (
    INSERT INTO pending_event (brand_id, event_no)
    SELECT CAST($1 AS bigint), event_no FROM stored
)
SELECT source, event_id
FROM unnest(string_to_array($4, $3), string_to_array($5, $3)) AS input (source, event_id)
WHERE (SELECT count(*) FROM taken) < CAST($2 AS bigint)
    AND (source, event_id) NOT IN (SELECT source, event_id FROM taken)
