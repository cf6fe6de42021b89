-- Grain:  one row a dead letter that the release before kept in the clear.
-- Writes: dead_letter.
-- Rule:   one whose text came again since, and was sealed, goes.
WITH twin AS MATERIALIZED (
    SELECT FROM dead_letter
    WHERE brand_id = :brand AND source = :source AND raw_hash = :hash
),
gone AS (
    DELETE FROM dead_letter
    WHERE brand_id = :brand AND dead_letter_id = :id AND EXISTS (SELECT FROM twin)
)
UPDATE dead_letter SET raw = :raw, sealed = true, raw_hash = :hash
WHERE brand_id = :brand AND dead_letter_id = :id AND NOT EXISTS (SELECT FROM twin)
