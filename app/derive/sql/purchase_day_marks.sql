-- Goes on from purchase_day.sql and what changed.
-- Grain:  one row a local day whose sums a change moves.
-- Writes: dirty_sum.
-- Rule:   what purchase_sum_day.sql reads. That a purchase has one after it now moves no sum of its
--         day: else each order would have two days counted anew, of all that the brand ever had.
, mark AS (
    INSERT INTO dirty_sum (brand_id, kind, key, start)
    SELECT DISTINCT CAST(:brand AS bigint), 'day', '', coalesce(c.day, c.old_day)
    FROM changed AS c
    WHERE CAST(:mark AS boolean)
        AND (
            c.day, c.in_group, c.again_at IS NULL, c.previous_day, c.previous_in_group,
            c.previous_again, c.second_previous_day
        ) IS DISTINCT FROM (
            c.old_day, c.old_in_group, c.old_again_at IS NULL, c.old_previous_day,
            c.old_previous_in_group, c.old_previous_again, c.old_second_previous_day
        )
    ON CONFLICT DO NOTHING
)
