WITH joined AS (
    SELECT day_of(joined_at) AS day, day_of(left_at) AS left_day
    FROM membership
    WHERE joined_at >= $start AND joined_at < $end AND joined_at < $as_of
        AND (left_at IS NULL OR left_at > joined_at)
)
SELECT
    n, count(*) FILTER (WHERE day + n < day_of($as_of)) AS mature,
    count(*) FILTER (
        WHERE day + n < day_of($as_of) AND (left_day IS NULL OR left_day > day + n)
    ) AS retained
FROM joined CROSS JOIN (SELECT unnest([1, 7, 30]) AS n) AS asked
GROUP BY n
ORDER BY n
