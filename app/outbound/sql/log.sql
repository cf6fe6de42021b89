-- Grain:  one row a delivery of an endpoint, newest first, with its last tries.
-- Reads:  webhook_delivery, webhook_message, webhook_attempt.
SELECT
    d.message_id, m.type, d.state, d.attempts, d.created_at, d.next_at, d.ended_at, m.body, t.tries
FROM (
    SELECT * FROM webhook_delivery
    WHERE brand_id = :brand AND endpoint_id = :endpoint
        AND (CAST(:message AS text) IS NULL OR message_id = :message)
        AND (CAST(:state AS text) IS NULL OR state = :state)
        AND (
            CAST(:at AS timestamptz) IS NULL
            OR (created_at, message_id) < (CAST(:at AS timestamptz), :after)
        )
    ORDER BY created_at DESC, message_id DESC
    LIMIT :most
) AS d
CROSS JOIN LATERAL (
    SELECT type, body FROM webhook_message
    WHERE brand_id = :brand AND message_id = d.message_id LIMIT 1
) AS m
CROSS JOIN LATERAL (
    SELECT coalesce(jsonb_agg(jsonb_build_object(
        'n', a.n, 'at', a.at, 'code', a.code, 'status', a.status, 'took_ms', a.took_ms,
        'detail', a.detail, 'answer', a.answer
    ) ORDER BY a.n DESC), '[]') AS tries
    FROM (
        SELECT * FROM webhook_attempt
        WHERE brand_id = :brand AND endpoint_id = :endpoint AND message_id = d.message_id
        ORDER BY n DESC LIMIT :tries
    ) AS a
) AS t
ORDER BY d.created_at DESC, d.message_id DESC
