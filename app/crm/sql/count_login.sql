-- Grain:  the login of an attempt to log in.
-- Writes: login_attempt.
-- Rule:   a window begins with the first attempt; seconds is what is left of it.
INSERT INTO login_attempt AS a (brand_id, login, attempts, since)
VALUES (:brand, :login, 1, now())
ON CONFLICT (brand_id, login) DO UPDATE SET
    attempts = CASE
        WHEN a.since < now() - make_interval(mins => :minutes) THEN 1
        ELSE a.attempts + 1
    END,
    since = CASE
        WHEN a.since < now() - make_interval(mins => :minutes) THEN now()
        ELSE a.since
    END
RETURNING
    attempts,
    CAST(ceil(extract(epoch FROM since + make_interval(mins => :minutes) - now())) AS integer)
        AS seconds
