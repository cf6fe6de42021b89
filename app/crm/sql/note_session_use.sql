-- Grain:  the session that was used.
-- Writes: operator_session.
-- Rule:   once a minute is enough; of many requests at once one writes, and none waits for it.
UPDATE operator_session
SET last_used_at = now()
WHERE brand_id = :brand
    AND session_id = (
        SELECT session_id
        FROM operator_session
        WHERE brand_id = :brand
            AND session_id = :session_id
            AND last_used_at < now() - interval '1 minute'
        FOR UPDATE SKIP LOCKED
    )
