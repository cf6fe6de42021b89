-- Grain:  one row a day asked for.
-- Reads:  membership, and where a segment is asked for identity, segment_member.
-- Rule:   docs/metrics.md, "Retention", kind stay: not ended before the local day join date + n
--         was over. Local days are counted by their place in `day_starts`.
WITH joined AS (
    SELECT
        width_bucket(m.joined_at, CAST(:day_starts AS timestamptz[])) AS day,
        width_bucket(m.left_at, CAST(:day_starts AS timestamptz[])) AS left_day,
        count(*) AS joins
    FROM membership AS m
    WHERE m.brand_id = :brand
        AND m.joined_at >= :start AND m.joined_at < :end AND m.joined_at < :as_of
        AND (m.left_at IS NULL OR m.left_at > m.joined_at)
        AND (CAST(:group_id AS text) IS NULL OR m.group_id = :group_id)
        AND (CAST(:note_id AS text) IS NULL OR m.note_id = :note_id)
        AND (CAST(:segment_id AS text) IS NULL OR CAST(:inside AS boolean) = EXISTS (
            SELECT FROM segment_member AS picked WHERE picked.brand_id = :brand
                AND picked.segment_id = :segment_id AND picked.customer_id = (
                    SELECT w.customer_id FROM identity AS w
                    WHERE w.brand_id = :brand AND w.space = 'member' AND w.id = m.member_id
                )
        ))
    GROUP BY day, left_day
)
SELECT
    n.day,
    coalesce(sum(j.joins), 0) AS mature,
    coalesce(sum(j.joins) FILTER (WHERE j.left_day IS NULL OR j.left_day > j.day + n.day), 0)
        AS retained
FROM unnest(CAST(:days AS integer[])) AS n (day)
-- Mature: the day after it has begun at as_of.
LEFT JOIN joined AS j
    ON j.day + n.day < width_bucket(CAST(:as_of AS timestamptz), CAST(:day_starts AS timestamptz[]))
GROUP BY n.day
ORDER BY n.day
