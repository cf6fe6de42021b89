-- Grain:  one row a pending event that is due, oldest first.
-- Reads:  pending_event (locked until the batch is done), event.
-- Rule:   rows that another worker holds are passed over.
SELECT p.event_no, p.attempts, e.source, e.event_id, e.raw, e.received_at
FROM pending_event AS p
JOIN event AS e ON e.brand_id = p.brand_id AND e.event_no = p.event_no
WHERE p.brand_id = :brand AND p.next_attempt_at <= now()
ORDER BY p.event_no
LIMIT :most
FOR UPDATE OF p SKIP LOCKED
