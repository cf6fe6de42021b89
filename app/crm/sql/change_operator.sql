-- Grain:  the operator that is changed.
-- Writes: operator.
-- Rule:   who is disabled stays so since the first time.
UPDATE operator
SET
    name = :name,
    role = :role,
    reads_pii = :reads_pii,
    disabled_at = CASE WHEN NOT CAST(:active AS boolean) THEN coalesce(disabled_at, now()) END
WHERE brand_id = :brand AND operator_id = :operator_id
