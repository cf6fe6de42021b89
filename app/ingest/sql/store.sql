-- Grain:  one row an event that is new; the others are repeats or conflicts.
-- Reads:  event_identity.  Writes: event_identity, event, pending_event.
-- Rule:   an identity is taken once and for ever; a repeat has no second effect.
--         Keys are inserted in byte order so that two requests cannot deadlock.
WITH input AS (
    SELECT source, event_id, content_hash, raw
    FROM unnest(
        CAST(:sources AS text[]), CAST(:event_ids AS text[]),
        CAST(:hashes AS bytea[]), CAST(:raws AS text[])
    ) AS input (source, event_id, content_hash, raw)
),
identity AS (
    INSERT INTO event_identity (brand_id, source, event_id, content_hash)
    SELECT :brand, source, event_id, content_hash FROM input
    ORDER BY source COLLATE "C", event_id COLLATE "C"
    ON CONFLICT DO NOTHING
    RETURNING source, event_id
),
stored AS (
    INSERT INTO event (brand_id, event_no, source, event_id, raw)
    SELECT
        :brand,
        -- Milliseconds since 1970, then a counter: numbers grow with the time of arrival.
        (CAST(extract(EPOCH FROM clock_timestamp()) * 1000 AS bigint) << 20)
        | (nextval('event_counter') & 1048575),
        source, event_id, raw
    FROM input JOIN identity USING (source, event_id)
    RETURNING event_no
),
queued AS (
    INSERT INTO pending_event (brand_id, event_no) SELECT :brand, event_no FROM stored
)
SELECT source, event_id FROM identity
