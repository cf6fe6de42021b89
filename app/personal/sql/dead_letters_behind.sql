-- Grain:  one row a dead letter by rising id, with the stored event where it was accepted once.
-- Reads:  dead_letter, event.
SELECT d.dead_letter_id, d.raw, d.sealed, d.event_no, e.raw AS event_raw
FROM dead_letter AS d
LEFT JOIN event AS e ON e.brand_id = d.brand_id AND e.event_no = d.event_no
WHERE d.brand_id = :brand AND d.dead_letter_id > :last
ORDER BY d.dead_letter_id
LIMIT :most
