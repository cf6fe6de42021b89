-- Goes on from order_credit.sql and what changed.
-- Grain:  one row a local day, or live, whose sums a change moves.
-- Writes: dirty_sum.
, mark AS (
    INSERT INTO dirty_sum (brand_id, kind, key, start)
    SELECT DISTINCT CAST(:brand AS bigint), m.kind, m.key, m.start
    FROM changed AS c
    CROSS JOIN LATERAL (
        VALUES
            ('day', '', c.paid_day), ('day', '', c.old_paid_day),
            ('live', c.live_id, CAST('-infinity' AS date)),
            ('live', c.old_live_id, CAST('-infinity' AS date))
    ) AS m (kind, key, start)
    WHERE m.key IS NOT NULL AND m.start IS NOT NULL AND CAST(:mark AS boolean)
    ON CONFLICT DO NOTHING
)
