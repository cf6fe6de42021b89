-- Grain:  one row a delivery that is taken in hand, with what is to be sent.
-- Reads:  webhook_endpoint, webhook_message.  Writes: webhook_delivery, webhook_attempt.
-- Rule:   so many at once of an endpoint, counting what other workers have in hand; the caller has
--         the endpoints locked. Who had it in hand and vanished leaves an interrupted try.
WITH due AS MATERIALIZED (
    SELECT e.endpoint_id, d.message_id
    FROM unnest(CAST(:endpoints AS text[])) AS e (endpoint_id)
    CROSS JOIN LATERAL (
        SELECT count(*) AS held FROM webhook_delivery
        WHERE brand_id = :brand AND endpoint_id = e.endpoint_id AND state = 'pending'
            AND leased_until >= now()
    ) AS busy
    CROSS JOIN LATERAL (
        SELECT message_id, next_at FROM webhook_delivery
        WHERE brand_id = :brand AND endpoint_id = e.endpoint_id AND state = 'pending'
            AND next_at <= now() AND (leased_until IS NULL OR leased_until < now())
        ORDER BY next_at, message_id
        LIMIT greatest(0, CAST(:of_endpoint AS bigint) - busy.held)
    ) AS d
    ORDER BY d.next_at
    LIMIT :most
),
claimed AS (
    UPDATE webhook_delivery AS d SET
        holder = :holder, leased_until = now() + make_interval(secs => :seconds),
        attempts = d.attempts + 1, step = d.step + 1
    FROM due
    WHERE d.brand_id = :brand AND d.endpoint_id = due.endpoint_id
        AND d.message_id = due.message_id AND d.state = 'pending'
    RETURNING d.endpoint_id, d.message_id, d.attempts, d.step
),
broken_off AS (
    UPDATE webhook_attempt AS a SET
        code = 'interrupted', detail = 'a worker ended in the middle of it'
    FROM claimed AS c
    WHERE a.brand_id = :brand AND a.endpoint_id = c.endpoint_id AND a.message_id = c.message_id
        AND a.n < c.attempts AND a.code IS NULL
),
begun AS (
    INSERT INTO webhook_attempt (brand_id, endpoint_id, message_id, n)
    SELECT CAST(:brand AS bigint), endpoint_id, message_id, attempts FROM claimed
)
SELECT
    c.endpoint_id, c.message_id, c.attempts, c.step, m.type, m.body, e.url,
    CAST(extract(EPOCH FROM now()) AS bigint) AS timestamp,
    CASE WHEN e.old_secret_until > now() THEN ARRAY[e.secret, e.old_secret]
        ELSE ARRAY[e.secret] END AS secrets
FROM claimed AS c
CROSS JOIN LATERAL (
    SELECT type, body FROM webhook_message
    WHERE brand_id = :brand AND message_id = c.message_id LIMIT 1
) AS m
CROSS JOIN LATERAL (
    SELECT url, secret, old_secret, old_secret_until FROM webhook_endpoint
    WHERE brand_id = :brand AND endpoint_id = c.endpoint_id LIMIT 1
) AS e
