-- Grain:  one row a day asked for.
-- Reads:  joining; segment_member where a segment is asked for.
-- Rule:   docs/metrics.md, "Retention", where all that is known has happened. Day n of a joining
--         is over where `today`, the local date at as_of, lies behind it.
WITH joined AS (
    SELECT
        j.joined_day,
        CASE WHEN CAST(:kind AS text) = 'stay' THEN j.left_day END AS left_day,
        CASE WHEN CAST(:kind AS text) = 'speak' THEN j.spoke_on END AS spoke_on,
        count(*) AS joins
    FROM joining AS j
    WHERE j.brand_id = :brand AND j.joined_day >= :first_day AND j.joined_day < :end_day
        AND (CAST(:group_id AS text) IS NULL OR j.group_id = :group_id)
        AND (CAST(:note_id AS text) IS NULL OR j.note_id = :note_id)
        AND (CAST(:segment_id AS text) IS NULL OR CAST(:inside AS boolean) = EXISTS (
            SELECT FROM segment_member AS picked WHERE picked.brand_id = :brand
                AND picked.segment_id = :segment_id AND picked.customer_id = j.customer_id
        ))
    GROUP BY 1, 2, 3
)
SELECT
    n.day,
    coalesce(sum(j.joins), 0) AS mature,
    coalesce(sum(j.joins) FILTER (WHERE
        CASE CAST(:kind AS text)
            WHEN 'stay' THEN j.left_day IS NULL OR j.left_day > j.joined_day + n.day
            ELSE (j.spoke_on >> n.day) & 1 = 1
        END
    ), 0) AS retained
FROM unnest(CAST(:days AS integer[])) AS n (day)
LEFT JOIN joined AS j ON j.joined_day + n.day < CAST(:today AS date)
GROUP BY n.day
ORDER BY n.day
