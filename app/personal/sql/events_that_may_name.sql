-- Grain:  one row an event of a batch that may name somebody, and one its last; raw is null
--         where it does not.
-- Reads:  event, hongqun_detached.event.
-- Rule:   an id is looked for as JSON writes it, or where there are escapes, that may hide it.
--         What was detached is stored still. A limit that the planner does not know has it
--         walk from partition to partition, and sort nothing.
WITH batch AS MATERIALIZED (
    SELECT event_no, source, event_id, raw, received_at FROM (
        (
            SELECT event_no, source, event_id, raw, received_at FROM hongqun_detached.event
            WHERE brand_id = :brand AND event_no > :at
            ORDER BY event_no
            LIMIT (SELECT CAST(:most AS bigint))
        )
        UNION ALL (
            SELECT event_no, source, event_id, raw, received_at FROM event
            WHERE brand_id = :brand AND event_no > :at
            ORDER BY event_no
            LIMIT (SELECT CAST(:most AS bigint))
        )
    ) AS stored
    ORDER BY event_no
    LIMIT :most
),
looked_at AS MATERIALIZED (
    SELECT b.*, EXISTS (
        SELECT FROM unnest(CAST(:needles AS text[])) AS n (needle) WHERE strpos(b.raw, n.needle) > 0
    ) AS may_name
    FROM batch AS b
)
SELECT
    event_no, source, event_id, received_at, CASE WHEN may_name THEN raw END AS raw
FROM looked_at
WHERE may_name OR event_no = (SELECT max(event_no) FROM batch)
ORDER BY event_no
