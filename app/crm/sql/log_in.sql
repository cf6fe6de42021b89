-- Grain:  the operator who logs in.
-- Writes: operator.
-- Rule:   the password that was verified must still be the one.
UPDATE operator
SET
    last_login_at = now(),
    password_hash = coalesce(CAST(:rehashed AS text), password_hash)
WHERE brand_id = :brand
    AND operator_id = :id
    AND password_hash = :verified
    AND disabled_at IS NULL
