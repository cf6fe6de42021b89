-- Grain:  the key that is made.
-- Writes: api_key.
INSERT INTO api_key
    (brand_id, key_id, sha256, name, scopes, lifetime_days, expires_at, created_by)
VALUES (
    :brand, :key_id, :sha256, :name, :scopes,
    CAST(:days AS integer), now() + make_interval(days => CAST(:days AS integer)),
    :by
)
