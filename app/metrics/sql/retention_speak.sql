-- Grain:  one row a day asked for.
-- Reads:  membership, identity, message.
-- Rule:   docs/metrics.md, "Retention", kind speak: the customer sent a message, recalled or not,
--         in that group on the local day join date + n. Local days are counted by their place in
--         `day_starts`; `since` and `until` bound the days on which a message can matter.
WITH joined AS MATERIALIZED (
    SELECT
        m.group_id, i.customer_id,
        width_bucket(m.joined_at, CAST(:day_starts AS timestamptz[])) AS day,
        count(*) AS joins
    FROM membership AS m
    JOIN identity AS i ON i.brand_id = :brand AND i.space = 'member' AND i.id = m.member_id
    WHERE m.brand_id = :brand
        AND m.joined_at >= :start AND m.joined_at < :end AND m.joined_at < :as_of
        AND (m.left_at IS NULL OR m.left_at > m.joined_at)
        AND (CAST(:group_id AS text) IS NULL OR m.group_id = :group_id)
        AND (CAST(:note_id AS text) IS NULL OR m.note_id = :note_id)
    GROUP BY m.group_id, i.customer_id, day
),
-- Each customer speaks by any of its member ids.
voice AS MATERIALIZED (
    SELECT DISTINCT j.group_id, j.customer_id, i.id AS member_id
    FROM joined AS j
    JOIN identity AS i
        ON i.brand_id = :brand AND i.customer_id = j.customer_id AND i.space = 'member'
),
said AS MATERIALIZED (
    SELECT DISTINCT
        m.group_id, m.member_id,
        width_bucket(m.sent_at, CAST(:day_starts AS timestamptz[])) AS day
    FROM (SELECT DISTINCT group_id FROM joined) AS g
    CROSS JOIN unnest(CAST(:since AS timestamptz[]), CAST(:until AS timestamptz[]))
        AS span (since, until)
    JOIN message AS m
        ON m.brand_id = :brand AND m.group_id = g.group_id
        AND m.sent_at >= span.since AND m.sent_at < span.until AND m.sent_at < :as_of
),
spoken AS (
    SELECT DISTINCT v.group_id, v.customer_id, s.day
    FROM said AS s
    JOIN voice AS v ON v.group_id = s.group_id AND v.member_id = s.member_id
)
SELECT
    n.day,
    coalesce(sum(j.joins), 0) AS mature,
    coalesce(sum(j.joins) FILTER (WHERE s.day IS NOT NULL), 0) AS retained
FROM unnest(CAST(:days AS integer[])) AS n (day)
-- Mature: the day after it has begun at as_of.
LEFT JOIN joined AS j
    ON j.day + n.day < width_bucket(CAST(:as_of AS timestamptz), CAST(:day_starts AS timestamptz[]))
LEFT JOIN spoken AS s
    ON s.group_id = j.group_id AND s.customer_id = j.customer_id AND s.day = j.day + n.day
GROUP BY n.day
ORDER BY n.day
