-- Grain:  one row a group and local day of the window, from `first` to `last` (excluded).
-- Reads:  group_sum, joining.
-- Rule:   docs/metrics.md, "Caveats", ingestion_gap: a day on which the group had members and
--         nothing came from it, where of the 28 days before 15 or more had 20 messages.
-- Busy days have an index of their own, and only groups with enough of them are looked at.
WITH busy AS (
    SELECT group_id, array_agg(start) AS days
    FROM group_sum
    WHERE brand_id = :brand AND grain = 'day' AND messages >= 20
        AND start >= CAST(:first AS date) - 28 AND start < :last
        AND (CAST(:group_id AS text) IS NULL OR group_id = :group_id)
    GROUP BY group_id
    HAVING count(*) >= 15
)
SELECT b.group_id, d.day
FROM busy AS b
CROSS JOIN LATERAL (
    SELECT CAST(:first AS date) + n AS day
    FROM generate_series(0, CAST(:last AS date) - CAST(:first AS date) - 1) AS n
    EXCEPT
    SELECT s.start FROM group_sum AS s
    WHERE s.brand_id = :brand AND s.group_id = b.group_id AND s.grain = 'day'
        AND s.start >= :first AND s.start < :last AND s.joins + s.leaves + s.speakers > 0
) AS d
WHERE
    (
        SELECT count(*) FROM unnest(b.days) AS before (day)
        WHERE before.day >= d.day - 28 AND before.day < d.day
    ) >= 15
    -- LIMIT keeps this a look-up for each day: as a join all joinings were read.
    AND (
        SELECT j.n FROM joining AS j
        WHERE j.brand_id = :brand AND j.group_id = b.group_id AND j.joined_day <= d.day
            AND (j.left_day IS NULL OR j.left_day >= d.day)
        LIMIT 1
    ) IS NOT NULL
ORDER BY d.day, b.group_id
LIMIT :most + 1
