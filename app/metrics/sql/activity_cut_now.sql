-- Grain:  one row a group in which something happened in a bucket that is no whole day, week or
--         month.
-- Reads:  group_sum, chat_group, joining, message, identity.
-- Rule:   docs/metrics.md, "Group activity", where all that is known has happened. What can be
--         added up comes from the sums of its days; who came or spoke is counted once.
WITH spoke AS (
    SELECT g.group_id, i.customer_id
    FROM chat_group AS g
    CROSS JOIN LATERAL (
        SELECT DISTINCT m.member_id
        FROM message AS m
        WHERE m.brand_id = :brand AND m.group_id = g.group_id
            AND m.sent_at >= :starts_at AND m.sent_at < :ends_at
    ) AS s
    JOIN identity AS i ON i.brand_id = :brand AND i.space = 'member' AND i.id = s.member_id
    WHERE g.brand_id = :brand
        AND (CAST(:group_id AS text) IS NULL OR g.group_id = :group_id)
    GROUP BY g.group_id, i.customer_id
),
counted (
    group_id, change, joins, leaves, arrivals, messages, speakers, speaking_members
) AS (
    SELECT
        group_id, sum(came - went), sum(joins), sum(leaves), 0, sum(messages), 0, 0
    FROM group_sum
    WHERE brand_id = :brand AND grain = 'day' AND start >= :start AND start < :end
        AND (CAST(:group_id AS text) IS NULL OR group_id = :group_id)
    GROUP BY group_id
    UNION ALL
    SELECT g.group_id, 0, 0, 0, j.arrivals, 0, 0, 0
    FROM chat_group AS g
    CROSS JOIN LATERAL (
        SELECT count(*) AS arrivals
        FROM joining AS j
        WHERE j.brand_id = :brand AND j.group_id = g.group_id
            AND j.present_from > :starts_at AND j.present_from < :ends_at
            AND (j.present_before IS NULL OR j.present_before <= :starts_at)
    ) AS j
    WHERE g.brand_id = :brand AND j.arrivals > 0
        AND (CAST(:group_id AS text) IS NULL OR g.group_id = :group_id)
    UNION ALL
    SELECT
        s.group_id, 0, 0, 0, 0, 0, count(*),
        count(*) FILTER (WHERE EXISTS (
            SELECT FROM joining AS j
            WHERE j.brand_id = :brand AND j.customer_id = s.customer_id
                AND j.group_id = s.group_id AND j.joined_at < :ends_at
                AND (j.left_at IS NULL OR j.left_at > :starts_at)
        ))
    FROM spoke AS s
    GROUP BY s.group_id
)
SELECT
    c.group_id, g.name, CAST(:n AS integer) AS n,
    CAST(sum(c.change) AS bigint) AS change,
    CAST(sum(c.joins) AS bigint) AS joins,
    CAST(sum(c.leaves) AS bigint) AS leaves,
    CAST(sum(c.arrivals) AS bigint) AS arrivals,
    CAST(sum(c.messages) AS bigint) AS messages,
    CAST(sum(c.speakers) AS bigint) AS speakers,
    CAST(sum(c.speaking_members) AS bigint) AS speaking_members
FROM counted AS c
JOIN chat_group AS g ON g.brand_id = :brand AND g.group_id = c.group_id
GROUP BY c.group_id, g.name
