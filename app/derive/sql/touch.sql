-- Grain:  one row a period that is over, and a reach.
-- Reads:  brand, calendar.  Writes: stale_period.
-- Rule:   a period that is stale already keeps its first causes, five at most. Its touched_at is
--         new, so that who has just counted it finds out that this was too early.
INSERT INTO stale_period AS s (brand_id, grain, start, reach, cause, since, touched_at)
SELECT
    :brand, p.grain, p.start, p.reach, CAST(p.cause AS jsonb), clock_timestamp(), clock_timestamp()
FROM unnest(
    CAST(:grains AS text[]), CAST(:starts AS date[]), CAST(:ends AS date[]),
    CAST(:reaches AS text[]), CAST(:causes AS text[])
) AS p (grain, start, ends, reach, cause)
WHERE p.ends <= (
    SELECT c.day
    FROM brand AS b
    JOIN calendar AS c ON c.timezone = b.timezone
    WHERE b.brand_id = :brand AND c.starts_at <= statement_timestamp()
    ORDER BY c.starts_at DESC
    LIMIT 1
)
ORDER BY p.grain COLLATE "C", p.start, p.reach COLLATE "C"
ON CONFLICT (brand_id, grain, start, reach) DO UPDATE SET
    touched_at = excluded.touched_at,
    cause = CASE
        WHEN jsonb_array_length(s.cause) >= 5 OR s.cause @> excluded.cause THEN s.cause
        ELSE (
            SELECT jsonb_agg(first.cause ORDER BY first.n)
            FROM (
                SELECT each.cause, min(each.n) AS n
                FROM jsonb_array_elements(s.cause || excluded.cause)
                    WITH ORDINALITY AS each (cause, n)
                GROUP BY each.cause
                ORDER BY n
                LIMIT 5
            ) AS first
        )
    END
