-- Grain:  one row a day asked for.
-- Reads:  membership, identity, message; segment_member where a segment is asked for.
-- Rule:   docs/metrics.md, "Retention", kind speak: the customer sent a message, recalled or not,
--         in that group on the local day join date + n. Local days are counted by their place in
--         `day_starts`; `least` and `most` are the first and the last of the days asked for.
WITH asked AS (
    SELECT n FROM unnest(CAST(:days AS integer[])) AS asked (n)
),
joined AS MATERIALIZED (
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
        AND (CAST(:segment_id AS text) IS NULL OR CAST(:inside AS boolean) = EXISTS (
            SELECT FROM segment_member AS picked WHERE picked.brand_id = :brand
                AND picked.segment_id = :segment_id AND picked.customer_id = i.customer_id
        ))
    GROUP BY m.group_id, i.customer_id, day
),
-- Each customer speaks by any of its member ids.
spoken AS (
    SELECT DISTINCT j.group_id, j.customer_id, j.day, j.joins, said.day - j.day AS n
    FROM joined AS j
    JOIN identity AS i
        ON i.brand_id = :brand AND i.customer_id = j.customer_id AND i.space = 'member'
    CROSS JOIN LATERAL (
        SELECT DISTINCT width_bucket(m.sent_at, CAST(:day_starts AS timestamptz[])) AS day
        FROM message AS m
        WHERE m.brand_id = :brand AND m.group_id = j.group_id AND m.member_id = i.id
            -- ANY: see joining.sql of derive.
            AND m.sent_at >= ANY (ARRAY[
                (CAST(:day_starts AS timestamptz[]))[j.day + CAST(:least AS integer)]
            ])
            AND m.sent_at < ANY (ARRAY[
                (CAST(:day_starts AS timestamptz[]))[j.day + CAST(:most AS integer) + 1]
            ])
            AND m.sent_at < :as_of
            -- The months that are asked about at all.
            AND m.sent_at >= (CAST(:day_starts AS timestamptz[]))[1]
            AND m.sent_at < (CAST(:day_starts AS timestamptz[]))[
                cardinality(CAST(:day_starts AS timestamptz[]))
            ]
    ) AS said
),
-- Mature: the day after it has begun at as_of.
counted (n, mature, retained) AS (
    SELECT n, 0, 0 FROM asked
    UNION ALL
    SELECT a.n, sum(j.joins), 0
    FROM asked AS a
    JOIN (SELECT day, sum(joins) AS joins FROM joined GROUP BY day) AS j
        ON j.day + a.n < width_bucket(
            CAST(:as_of AS timestamptz), CAST(:day_starts AS timestamptz[])
        )
    GROUP BY a.n
    UNION ALL
    SELECT n, 0, sum(joins)
    FROM spoken
    WHERE n = ANY (CAST(:days AS integer[])) AND day + n < width_bucket(
        CAST(:as_of AS timestamptz), CAST(:day_starts AS timestamptz[])
    )
    GROUP BY n
)
SELECT n AS day, sum(mature) AS mature, sum(retained) AS retained
FROM counted
GROUP BY n
ORDER BY n
