-- Grain:  one row a pending event that is due, oldest first.
-- Reads:  pending_event (locked until the batch is done), event.
-- Rule:   rows that another worker holds are passed over.
WITH due AS MATERIALIZED (
    SELECT p.event_no, p.attempts
    FROM pending_event AS p
    WHERE p.brand_id = :brand AND p.next_attempt_at <= now()
    ORDER BY p.event_no
    LIMIT :most
    FOR UPDATE SKIP LOCKED
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
