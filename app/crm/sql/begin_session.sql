-- Grain:  the session that begins.
-- Writes: operator_session.
INSERT INTO operator_session (brand_id, session_id, operator_id, sha256, expires_at)
VALUES (:brand, :session_id, :id, :sha256, now() + make_interval(hours => :hours))
RETURNING expires_at
