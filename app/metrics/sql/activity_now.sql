-- Grain:  one row a group in which something happened, with an array a count: an element a bucket
--         `n`, in no order; bucket 0 has the members at the start of the window.
-- Reads:  group_sum, chat_group.
-- Rule:   docs/metrics.md, "Group activity", where all that is known has happened, for the
--         buckets that are whole days, weeks or months. Members at an instant are those who came
--         less those who went up to it. Groups that happen to be in `cut` buckets alone are named.
WITH counted AS (
    SELECT
        s.group_id, 0 AS n, CAST(sum(s.came - s.went) AS bigint) AS change, 0 AS joins, 0 AS leaves,
        0 AS arrivals, 0 AS messages, 0 AS speakers, 0 AS speaking_members
    FROM (
        SELECT group_id, came, went FROM group_sum
        WHERE brand_id = :brand AND grain = 'month' AND start < :month
            AND (CAST(:group_id AS text) IS NULL OR group_id = :group_id)
        UNION ALL
        SELECT group_id, came, went FROM group_sum
        WHERE brand_id = :brand AND grain = 'day' AND start >= :month AND start < :start
            AND (CAST(:group_id AS text) IS NULL OR group_id = :group_id)
    ) AS s
    GROUP BY s.group_id
    UNION ALL
    SELECT
        group_id, width_bucket(start, CAST(:starts AS date[])), came - went, joins, leaves,
        arrivals, messages, speakers, speaking_members
    FROM group_sum
    WHERE brand_id = :brand AND grain = :grain AND start >= :whole_from AND start < :whole_to
        AND (CAST(:group_id AS text) IS NULL OR group_id = :group_id)
)
SELECT
    g.group_id, g.name,
    array_agg(c.n) AS n, array_agg(c.change) AS change, array_agg(c.joins) AS joins,
    array_agg(c.leaves) AS leaves, array_agg(c.arrivals) AS arrivals,
    array_agg(c.messages) AS messages, array_agg(c.speakers) AS speakers,
    array_agg(c.speaking_members) AS speaking_members
FROM chat_group AS g
LEFT JOIN counted AS c ON c.group_id = g.group_id
WHERE g.brand_id = :brand
    AND (CAST(:group_id AS text) IS NULL OR g.group_id = :group_id)
    AND (
        c.group_id IS NOT NULL OR CAST(:group_id AS text) IS NOT NULL
        OR g.group_id = ANY (CAST(:cut AS text[]))
    )
GROUP BY g.group_id, g.name
ORDER BY g.group_id
