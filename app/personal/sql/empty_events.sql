-- Grain:  one row: how many events a batch had.
-- Reads:  pending_event, dead_letter.  Writes: event, upkeep.
-- Rule:   an event that is still to be worked on, or may be tried again, holds up those behind it.
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
    SELECT e.event_no
    FROM event AS e
    WHERE e.brand_id = :brand
        AND e.event_no > (SELECT emptied_to FROM bound)
        AND e.event_no < (SELECT before FROM bound)
    ORDER BY e.event_no
    LIMIT :most
),
emptied AS (
    UPDATE event AS e SET raw = ''
    WHERE e.brand_id = :brand AND e.event_no = ANY (ARRAY(SELECT event_no FROM batch))
        AND e.raw <> ''
),
reached AS (
    UPDATE upkeep AS u
    SET emptied_to = greatest(u.emptied_to, (SELECT max(event_no) FROM batch))
    WHERE u.brand_id = :brand
)
SELECT count(*) FROM batch
