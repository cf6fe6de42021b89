-- Grain:  one row a message, and one an endpoint that listens to it.
-- Writes: webhook_message, webhook_delivery.
-- Rule:   what was told before is not told again, not even to an endpoint that is new.
WITH message AS (
    INSERT INTO webhook_message (brand_id, message_id, type, body)
    VALUES (:brand, :message, :type, CAST(:body AS bytea))
    ON CONFLICT DO NOTHING
    RETURNING message_id
)
INSERT INTO webhook_delivery (brand_id, endpoint_id, message_id)
SELECT CAST(:brand AS bigint), e.endpoint_id, m.message_id
FROM message AS m CROSS JOIN unnest(CAST(:endpoints AS text[])) AS e (endpoint_id)
ORDER BY e.endpoint_id
