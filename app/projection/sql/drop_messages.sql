-- Grain:  one row a message that was sent earlier than was known: it moves, maybe to another
--         partition.
-- Writes: message.
DELETE FROM message AS m
USING unnest(CAST(:groups AS text[]), CAST(:ids AS text[]), CAST(:ats AS timestamptz[]))
    AS a (group_id, message_id, sent_at)
WHERE m.brand_id = :brand AND m.group_id = a.group_id AND m.sent_at = a.sent_at
    AND m.message_id = a.message_id
    AND m.sent_at >= :first_at AND m.sent_at <= :last_at
