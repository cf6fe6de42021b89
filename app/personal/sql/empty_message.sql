-- Grain:  one row a message whose text is older than the brand keeps texts, the oldest first.
-- Writes: message.
WITH old AS MATERIALIZED (
    SELECT group_id, message_id FROM message
    WHERE brand_id = :brand AND sent_at < :before AND text IS NOT NULL
    ORDER BY sent_at
    LIMIT :most
)
UPDATE message AS t SET text = NULL, stamps = t.stamps - 'text'
FROM old AS o
WHERE t.brand_id = :brand AND t.group_id = o.group_id AND t.message_id = o.message_id
