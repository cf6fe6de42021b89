-- Grain:  one row: how many deliveries were written, 0 where another worker has it by now.
-- Writes: webhook_delivery, webhook_attempt.
-- Rule:   a delivery that was stopped meanwhile keeps that state, unless it arrived.
WITH written AS (
    UPDATE webhook_delivery SET
        state = CASE WHEN state = 'pending' OR :state = 'delivered' THEN :state ELSE state END,
        next_at = CASE WHEN state = 'pending' THEN CAST(:next_at AS timestamptz) END,
        ended_at = CASE WHEN state = 'pending' AND :state = 'pending' THEN NULL
            ELSE clock_timestamp() END,
        holder = NULL, leased_until = NULL
    WHERE brand_id = :brand AND endpoint_id = :endpoint AND message_id = :message
        AND attempts = :n
    RETURNING message_id
),
logged AS (
    UPDATE webhook_attempt AS a SET
        code = :code, status = :status, took_ms = :took_ms, detail = :detail, answer = :answer
    FROM written AS w
    WHERE a.brand_id = :brand AND a.endpoint_id = :endpoint AND a.message_id = w.message_id
        AND a.n = :n
)
SELECT count(*) FROM written
