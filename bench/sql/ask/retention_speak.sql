WITH joined AS (
    SELECT
        row_number() OVER () AS j, m.group_id, i.customer_id, day_of(m.joined_at) AS day
    FROM membership AS m
    JOIN identity AS i ON i.space = 'member' AND i.id = m.member_id
    WHERE m.joined_at >= $start AND m.joined_at < $end AND m.joined_at < $as_of
        AND (m.left_at IS NULL OR m.left_at > m.joined_at)
),
due AS (
    SELECT j.j, j.group_id, j.customer_id, n, CAST(j.day + n AS DATE) AS day
    FROM joined AS j CROSS JOIN (SELECT unnest([1, 7, 30]) AS n) AS asked
    WHERE j.day + n < day_of($as_of)
),
spoken AS (
    SELECT DISTINCT d.j, d.n
    FROM due AS d
    JOIN identity AS i ON i.customer_id = d.customer_id AND i.space = 'member'
    JOIN message AS m
        ON m.group_id = d.group_id AND m.member_id = i.id AND day_of(m.sent_at) = d.day
    WHERE m.sent_at >= $start AND m.sent_at < $end + INTERVAL 31 DAY AND m.sent_at < $as_of
)
SELECT
    n, (SELECT count(*) FROM due WHERE due.n = asked.n) AS mature,
    (SELECT count(*) FROM spoken WHERE spoken.n = asked.n) AS retained
FROM (SELECT unnest([1, 7, 30]) AS n) AS asked
ORDER BY n
