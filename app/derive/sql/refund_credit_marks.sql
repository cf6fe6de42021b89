-- Goes on from refund_credit.sql and what changed.
-- Grain:  one row a local day whose sums a change moves.
-- Writes: dirty_sum.
, mark AS (
    INSERT INTO dirty_sum (brand_id, kind, key, start)
    SELECT DISTINCT CAST(:brand AS bigint), 'day', '', m.start
    FROM changed AS c
    CROSS JOIN LATERAL (VALUES (c.refunded_day), (c.old_refunded_day)) AS m (start)
    WHERE m.start IS NOT NULL AND CAST(:mark AS boolean)
    ON CONFLICT DO NOTHING
)
