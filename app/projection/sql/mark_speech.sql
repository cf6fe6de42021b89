-- Grain:  one row a month of a group with changed messages, and one a customer whose joinings
--         they tell something new of.
-- Reads:  identity, joining, calendar, brand.  Writes: dirty_sum, dirty_customer.
-- Rule:   `sure` ones are marked in any case. Of the others just those that are the first from a
--         joining on, or the first on one of the days that a joining keeps.
WITH days AS MATERIALIZED (
    SELECT
        array_agg(c.starts_at ORDER BY c.starts_at) AS starts_at,
        array_agg(c.day ORDER BY c.starts_at) AS day
    FROM calendar AS c
    WHERE c.timezone = (SELECT timezone FROM brand WHERE brand_id = :brand)
        AND c.starts_at >= CAST(:first_at AS timestamptz) - INTERVAL '2 days'
        AND c.starts_at <= CAST(:last_at AS timestamptz)
),
-- Of a member's messages on one day the first and the last are asked for together: a customer
-- may be derived once too often, but none is forgotten.
said AS MATERIALIZED (
    SELECT
        s.group_id COLLATE "C" AS group_id, s.member_id COLLATE "C" AS member_id,
        d.day[width_bucket(s.sent_at, d.starts_at)] AS day,
        min(s.sent_at) AS first_at, max(s.sent_at) AS last_at, bool_or(s.sure) AS sure
    FROM unnest(
        CAST(:groups AS text[]), CAST(:members AS text[]), CAST(:ats AS timestamptz[]),
        CAST(:sures AS boolean[])
    ) AS s (group_id, member_id, sent_at, sure)
    CROSS JOIN days AS d
    GROUP BY 1, 2, 3
),
counted AS (
    INSERT INTO dirty_sum (brand_id, kind, key, start)
    SELECT DISTINCT
        CAST(:brand AS bigint), 'group', s.group_id,
        CAST(date_trunc('month', p.start) AS date)
    FROM said AS s
    CROSS JOIN LATERAL (
        VALUES (CAST(s.day AS timestamp)), (date_trunc('week', CAST(s.day AS timestamp)))
    ) AS p (start)
    ORDER BY 3, 4
    ON CONFLICT DO NOTHING
)
INSERT INTO dirty_customer (brand_id, customer_id)
SELECT DISTINCT CAST(:brand AS bigint), i.customer_id
FROM said AS s
JOIN identity AS i ON i.brand_id = :brand AND i.space = 'member' AND i.id = s.member_id
WHERE s.sure OR EXISTS (
    SELECT FROM joining AS j
    WHERE j.brand_id = :brand AND j.customer_id = i.customer_id AND j.group_id = s.group_id
        AND (
            (j.joined_at <= s.last_at AND (j.first_spoke_at IS NULL OR j.first_spoke_at > s.first_at))
            OR (
                s.day - j.joined_day BETWEEN 0 AND 62
                AND (j.spoke_on >> (s.day - j.joined_day)) & 1 = 0
            )
        )
)
ORDER BY i.customer_id
ON CONFLICT DO NOTHING
