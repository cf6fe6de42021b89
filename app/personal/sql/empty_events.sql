-- Grain:  one row: how many events a batch had.
-- Reads:  pending_event, dead_letter.  Writes: event, hongqun_detached.event, upkeep.
-- Rule:   a limit that the planner does not know has it walk from partition to partition.
--         An event that is still to be worked on, or may be tried again, holds up those behind it.
WITH bound AS MATERIALIZED (
    SELECT
        u.emptied_to,
        least(
            CAST(:before AS bigint),
            (SELECT min(event_no) FROM pending_event WHERE brand_id = :brand),
            (SELECT min(event_no) FROM dead_letter WHERE brand_id = :brand)
        ) AS before
    FROM upkeep AS u
    WHERE u.brand_id = :brand
    FOR UPDATE
),
batch AS MATERIALIZED (
    SELECT event_no, detached FROM (
        (
            SELECT event_no, true AS detached FROM hongqun_detached.event
            WHERE brand_id = :brand
                AND event_no > (SELECT emptied_to FROM bound)
                AND event_no < (SELECT before FROM bound)
            ORDER BY event_no
            LIMIT (SELECT CAST(:most AS bigint))
        )
        UNION ALL (
            SELECT event_no, false FROM event
            WHERE brand_id = :brand
                AND event_no > (SELECT emptied_to FROM bound)
                AND event_no < (SELECT before FROM bound)
            ORDER BY event_no
            LIMIT (SELECT CAST(:most AS bigint))
        )
    ) AS stored
    ORDER BY event_no
    LIMIT :most
),
emptied AS (
    UPDATE event SET raw = ''
    WHERE brand_id = :brand AND raw <> ''
        AND event_no >= (SELECT min(event_no) FROM batch WHERE NOT detached)
        AND event_no <= (SELECT max(event_no) FROM batch WHERE NOT detached)
),
emptied_detached AS (
    UPDATE hongqun_detached.event SET raw = ''
    WHERE brand_id = :brand AND raw <> ''
        AND event_no >= (SELECT min(event_no) FROM batch WHERE detached)
        AND event_no <= (SELECT max(event_no) FROM batch WHERE detached)
),
reached AS (
    UPDATE upkeep AS u
    SET emptied_to = greatest(u.emptied_to, (SELECT max(event_no) FROM batch))
    WHERE u.brand_id = :brand
)
SELECT count(*) FROM batch
