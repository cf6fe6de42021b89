-- Goes on from purchase_day.sql and what changed.
-- Grain:  one row a local day whose sums a change moves.
-- Writes: dirty_sum.
, mark AS (
    INSERT INTO dirty_sum (brand_id, kind, key, start)
    SELECT DISTINCT CAST(:brand AS bigint), 'day', '', coalesce(c.day, c.old_day)
    FROM changed AS c
    WHERE CAST(:mark AS boolean)
    ON CONFLICT DO NOTHING
)
