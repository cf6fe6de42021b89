-- Grain:  one row an event whose identity is stored already: a repeat or a conflict.
-- Reads:  event_identity.  Writes: event_identity, event, pending_event.
-- Rule:   an identity is taken once and for ever; a repeat has no second effect. Keys are taken in
--         byte order so that two requests cannot deadlock. Numbers grow with the time of arrival:
--         milliseconds since 1970, then a counter.
--         $2 events come as texts joined by $3, since an array costs its sender half a microsecond
--         an element. Where all are new, as nearly always, they are not looked for among the taken.
--         Where nothing is stored of the source $8 from the id $9 to $10, between which all lie,
--         as nearly always where ids grow with time, they are inserted without ON CONFLICT, a
--         seventh of the cost of all: the statement fails (23505) where another transaction takes
--         one of them meanwhile, and finds it when it comes again. Where $8 is NULL it never does.
WITH looked AS MATERIALIZED (
    SELECT coalesce((
        SELECT event_id FROM event_identity
        WHERE brand_id = CAST($1 AS bigint) AND source = CAST($8 AS text)
            AND event_id >= CAST($9 AS text)
        ORDER BY event_id
        LIMIT 1
    ) > CAST($10 AS text), CAST($8 AS text) IS NOT NULL) AS are_new
),
inserted AS (
    INSERT INTO event_identity (brand_id, source, event_id, content_hash)
    SELECT CAST($1 AS bigint), source, event_id, decode(content_hash, 'hex')
    FROM ROWS FROM (
        string_to_table($4, CAST($3 AS text)), string_to_table($5, $3), string_to_table($6, $3)
    ) AS input (source, event_id, content_hash)
    WHERE (SELECT are_new FROM looked)
    ORDER BY source COLLATE "C", event_id COLLATE "C"
),
taken AS (
    INSERT INTO event_identity (brand_id, source, event_id, content_hash)
    SELECT CAST($1 AS bigint), source, event_id, decode(content_hash, 'hex')
    FROM ROWS FROM (
        string_to_table($4, $3), string_to_table($5, $3), string_to_table($6, $3)
    ) AS input (source, event_id, content_hash)
    WHERE NOT (SELECT are_new FROM looked)
    ORDER BY source COLLATE "C", event_id COLLATE "C"
    ON CONFLICT DO NOTHING
    RETURNING source, event_id
),
all_taken AS MATERIALIZED (
    SELECT (SELECT are_new FROM looked)
        OR (SELECT count(*) FROM taken) = CAST($2 AS bigint) AS are
),
stored AS (
    INSERT INTO event (brand_id, event_no, source, event_id, raw)
    SELECT
        CAST($1 AS bigint),
        (SELECT CAST(extract(EPOCH FROM clock_timestamp()) * 1000 AS bigint) << 20)
        | (nextval('event_counter') & 1048575),
        source, event_id, raw
    FROM ROWS FROM (
        string_to_table($4, $3), string_to_table($5, $3), string_to_table($7, $3)
    ) AS input (source, event_id, raw)
    WHERE (SELECT are FROM all_taken)
        OR (source, event_id) IN (SELECT source, event_id FROM taken)
    RETURNING event_no
),
queued AS (
    INSERT INTO pending_event (brand_id, event_no)
    SELECT CAST($1 AS bigint), event_no FROM stored
)
SELECT source, event_id
FROM ROWS FROM (string_to_table($4, $3), string_to_table($5, $3)) AS input (source, event_id)
WHERE NOT (SELECT are FROM all_taken)
    AND (source, event_id) NOT IN (SELECT source, event_id FROM taken)
