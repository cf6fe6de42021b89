-- Grain:  one row a group and local day; `n` is the day's place in `day_starts`, which begin
--         `before` days before the window and end with its end.
-- Reads:  chat_group, membership, message.
-- Rule:   docs/metrics.md, "Caveats", ingestion_gap: a day that is over, on which the group had
--         members and no message came from it, after days of which the median had `busy` or more.
-- Each look is bounded: one message shows that a day is none, and only of groups with enough
-- messages in the days before are these counted, no day further than `busy`.
WITH day AS (
    SELECT n, d[n] AS starts_at, d[n + 1] AS ends_at, d[n - CAST(:before AS integer)] AS before_at
    FROM (SELECT CAST(:day_starts AS timestamptz[]) AS d) AS bound
    CROSS JOIN LATERAL generate_series(CAST(:before AS integer) + 1, cardinality(d) - 1) AS n
    WHERE d[n + 1] <= :as_of
),
silent AS MATERIALIZED (
    SELECT g.group_id, d.n, d.starts_at, d.ends_at, d.before_at
    FROM chat_group AS g
    CROSS JOIN day AS d
    WHERE g.brand_id = :brand
        AND (CAST(:group_id AS text) IS NULL OR g.group_id = :group_id)
        AND (
            SELECT m.sent_at FROM message AS m
            WHERE m.brand_id = :brand AND m.group_id = g.group_id
                AND m.sent_at >= d.starts_at AND m.sent_at < d.ends_at
            LIMIT 1
        ) IS NULL
),
-- Of `before` days more than half have `busy` messages: less than that in all cannot do.
strange AS MATERIALIZED (
    SELECT s.*
    FROM silent AS s
    WHERE
        (
            SELECT m.sent_at FROM message AS m
            WHERE m.brand_id = :brand AND m.group_id = s.group_id
                AND m.sent_at >= s.before_at AND m.sent_at < s.starts_at
            OFFSET (CAST(:before AS integer) / 2 + 1) * CAST(:busy AS integer) - 1
            LIMIT 1
        ) IS NOT NULL
        AND EXISTS (
            SELECT FROM membership AS m
            WHERE m.brand_id = :brand AND m.group_id = s.group_id AND m.joined_at < s.ends_at
                AND (m.left_at IS NULL OR m.left_at > greatest(m.joined_at, s.starts_at))
        )
)
SELECT s.group_id, s.n
FROM strange AS s
CROSS JOIN LATERAL (
    SELECT percentile_disc(0.5) WITHIN GROUP (ORDER BY said.messages) AS median
    FROM (SELECT CAST(:day_starts AS timestamptz[]) AS d) AS bound
    CROSS JOIN LATERAL generate_series(s.n - CAST(:before AS integer), s.n - 1) AS k
    CROSS JOIN LATERAL (
        SELECT count(*) AS messages
        FROM (
            SELECT FROM message AS m
            WHERE m.brand_id = :brand AND m.group_id = s.group_id
                AND m.sent_at >= d[k] AND m.sent_at < d[k + 1]
            LIMIT CAST(:busy AS integer)
        ) AS few
    ) AS said
) AS usual
WHERE usual.median >= :busy
ORDER BY s.n, s.group_id
LIMIT :most + 1
