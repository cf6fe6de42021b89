-- Grain:  one row a dirty sum, taken off the queue in this transaction.
-- Reads:  rebuild.  Writes: dirty_sum, rederived.
-- Rule:   sums of one kind and, of groups, of one month are taken together. One that was put off
--         waits until its time. They come in turn, so that none waits for ever for those that are marked
--         again and again. A rebuild is told what it may have counted too early.
WITH first AS (
    SELECT kind, start FROM dirty_sum
    WHERE brand_id = :brand AND since <= now()
    ORDER BY since, kind, start, key
    LIMIT 1
),
claimed AS (
    DELETE FROM dirty_sum AS d
    WHERE d.brand_id = :brand AND d.ctid = ANY (ARRAY(
        SELECT s.ctid
        FROM dirty_sum AS s
        WHERE s.brand_id = :brand AND s.since <= now()
            AND s.kind = (SELECT kind FROM first)
            AND (s.kind <> 'group' OR s.start = (SELECT start FROM first))
        ORDER BY s.since, s.key, s.start
        LIMIT :most
        FOR UPDATE SKIP LOCKED
    ))
    RETURNING d.kind, d.key, d.start
),
told AS (
    INSERT INTO rederived (brand_id, kind, key, start)
    SELECT CAST(:brand AS bigint), kind, key, start
    FROM claimed
    WHERE EXISTS (SELECT FROM rebuild WHERE brand_id = :brand)
    ON CONFLICT DO NOTHING
)
SELECT kind, key, start FROM claimed
