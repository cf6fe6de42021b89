-- Grain:  the address of an attempt to log in.
-- Writes: login_address.
-- Rule:   a window begins with the first attempt; seconds is what is left of it.
INSERT INTO login_address AS a (address, attempts, since)
VALUES (:address, 1, now())
ON CONFLICT (address) DO UPDATE SET
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
