-- Grain:  one row an unfinished erasure that has come as far as the oldest one.
-- Reads:  erasure.
-- Rule:   these go on together, so that many of them ask for one reading of the events.
SELECT erasure_id, sealed_ids, scrubbed_to
FROM erasure
WHERE brand_id = :brand AND finished_at IS NULL
    AND scrubbed_to = (
        SELECT scrubbed_to FROM erasure
        WHERE brand_id = :brand AND finished_at IS NULL
        ORDER BY made_at, erasure_id
        LIMIT 1
    )
ORDER BY erasure_id
FOR UPDATE
