-- Grain:  a key and its successor.
-- Reads:  api_key.
-- Writes: api_key.
-- Rule:   the successor has the lifetime that the old key was given, counted from now; the old one
--         lives on for the overlap, but never longer than it would have.
WITH ending AS (
    UPDATE api_key
    SET expires_at = least(expires_at, now() + make_interval(hours => :hours))
    WHERE brand_id = :brand AND key_id = :key_id
    RETURNING name, scopes, lifetime_days
)
INSERT INTO api_key
    (brand_id, key_id, sha256, name, scopes, lifetime_days, expires_at, created_by, replaces)
SELECT
    :brand, :new_id, :sha256, name, scopes,
    lifetime_days, now() + make_interval(days => lifetime_days),
    :by, :key_id
FROM ending
