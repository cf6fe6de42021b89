-- Grain:  one row a message whose text is older than the brand keeps texts, the oldest first.
-- Writes: direct_message.
WITH old AS MATERIALIZED (
    SELECT message_id FROM direct_message
    WHERE brand_id = :brand AND sent_at < :before AND text IS NOT NULL
    ORDER BY sent_at
    LIMIT :most
)
UPDATE direct_message AS t SET text = NULL, stamps = t.stamps - 'text'
FROM old AS o
WHERE t.brand_id = :brand AND t.message_id = o.message_id
