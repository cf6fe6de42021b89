-- Grain:  one row a pending event that is due, oldest first.
-- Reads:  event.  Writes: pending_event (off the queue in this transaction).
-- Rule:   only the holder of the brand's lease takes, so that no row is locked before it goes.
WITH due AS MATERIALIZED (
    DELETE FROM pending_event AS p
    WHERE p.brand_id = :brand AND p.ctid = ANY (ARRAY(
        SELECT d.ctid
        FROM pending_event AS d
        WHERE d.brand_id = :brand AND d.next_attempt_at <= now()
        ORDER BY d.event_no
        -- The planner is not to know how many: where it expects fewer, it reads and sorts all.
        LIMIT (SELECT CAST(:most AS bigint))
    ))
    RETURNING p.event_no, p.attempts
)
SELECT d.event_no, d.attempts, e.source, e.event_id, e.raw, e.received_at
FROM due AS d
CROSS JOIN LATERAL (
    SELECT v.source, v.event_id, v.raw, v.received_at
    FROM event AS v
    WHERE v.brand_id = :brand AND v.event_no = d.event_no
    OFFSET 0 -- keeps it a look-up for each; else all events of the brand are hashed
) AS e
ORDER BY d.event_no
