-- Grain:  the key that was used.
-- Writes: api_key.
-- Rule:   once a minute is enough; of many requests at once one writes, and none waits for it.
UPDATE api_key
SET last_used_at = now()
WHERE brand_id = :brand
    AND key_id = (
        SELECT key_id
        FROM api_key
        WHERE brand_id = :brand
            AND key_id = :key_id
            AND (last_used_at IS NULL OR last_used_at < now() - interval '1 minute')
        FOR UPDATE SKIP LOCKED
    )
