-- Grain:  one row a day asked for.
-- Reads:  joining.
-- Rule:   docs/metrics.md, "Retention", where all that is known has happened. Day n of a joining
--         is over where `today`, the local date at as_of, lies behind it.
WITH joined AS (
    SELECT j.joined_day, j.left_day - j.joined_day AS stayed, j.spoke_on, count(*) AS joins
    FROM joining AS j
    WHERE j.brand_id = :brand AND j.joined_at >= :start AND j.joined_at < :end
        AND (CAST(:group_id AS text) IS NULL OR j.group_id = :group_id)
        AND (CAST(:note_id AS text) IS NULL OR j.note_id = :note_id)
    GROUP BY j.joined_day, stayed, j.spoke_on
)
SELECT
    n.day,
    coalesce(sum(j.joins), 0) AS mature,
    coalesce(sum(j.joins) FILTER (WHERE
        CASE CAST(:kind AS text)
            WHEN 'stay' THEN j.stayed IS NULL OR j.stayed > n.day
            ELSE (j.spoke_on >> n.day) & 1 = 1
        END
    ), 0) AS retained
FROM unnest(CAST(:days AS integer[])) AS n (day)
LEFT JOIN joined AS j ON j.joined_day + n.day < CAST(:today AS date)
GROUP BY n.day
ORDER BY n.day
