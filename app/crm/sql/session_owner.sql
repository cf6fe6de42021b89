-- Grain:  a session that is live, and its operator.
-- Reads:  operator_session, operator.
SELECT
    s.sha256, s.operator_id, o.role, o.reads_pii,
    s.last_used_at < now() - interval '1 minute' AS unnoted
FROM operator_session AS s
JOIN operator AS o USING (brand_id, operator_id)
WHERE s.brand_id = :brand
    AND s.session_id = :session_id
    AND s.expires_at > now()
    AND s.last_used_at > now() - make_interval(mins => :idle)
    AND o.disabled_at IS NULL
