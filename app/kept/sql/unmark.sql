-- Grain:  one row a stale period and reach that was counted.
-- Writes: stale_period.
-- Rule:   one that was touched since it was read stays: what touched it may not have been counted.
DELETE FROM stale_period AS s
USING unnest(
    CAST(:grains AS text[]), CAST(:starts AS date[]), CAST(:reaches AS text[]),
    CAST(:touched AS timestamptz[])
) AS c (grain, start, reach, touched_at)
WHERE s.brand_id = :brand AND s.grain = c.grain AND s.start = c.start AND s.reach = c.reach
    AND s.touched_at = c.touched_at
