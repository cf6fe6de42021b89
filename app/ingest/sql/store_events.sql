-- Grain:  one row an event whose identity was taken just now.
-- Writes: event, pending_event.
-- Rule:   numbers grow with the time of arrival: milliseconds since 1970, then a counter.
WITH stored AS (
    INSERT INTO event (brand_id, event_no, source, event_id, raw)
    SELECT
        CAST($1 AS bigint),
        (CAST(extract(EPOCH FROM clock_timestamp()) * 1000 AS bigint) << 20)
        | (nextval('event_counter') & 1048575),
        source, event_id, raw
    FROM unnest(CAST($2 AS text[]), CAST($3 AS text[]), CAST($4 AS text[]))
        AS input (source, event_id, raw)
    RETURNING event_no
)
INSERT INTO pending_event (brand_id, event_no) SELECT CAST($1 AS bigint), event_no FROM stored
