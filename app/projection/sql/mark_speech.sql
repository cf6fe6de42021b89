-- Grain:  one row a month of a group with changed messages, and one a customer whose joinings
--         they tell something new of.
-- Reads:  identity, joining, calendar, brand.  Writes: dirty_sum, dirty_customer.
-- Rule:   members who are `sure` are marked in any case. Of the customers just those whose message
--         is the first from a joining on, or the first on one of the days that a joining keeps.
--         Columns come as texts, times as microseconds since 1970.
WITH days AS MATERIALIZED (
    SELECT
        array_agg(c.starts_at ORDER BY c.starts_at) AS starts_at,
        array_agg(c.day ORDER BY c.starts_at) AS day
    FROM calendar AS c
    WHERE c.timezone = (SELECT timezone FROM brand WHERE brand_id = :brand)
        AND c.starts_at >= CAST(:first_at AS timestamptz) - INTERVAL '2 days'
        AND c.starts_at <= CAST(:last_at AS timestamptz)
),
-- Of a customer's messages on one day the first and the last are asked for together: a customer
-- may be derived once too often, but none is forgotten.
said AS MATERIALIZED (
    SELECT
        s.group_id, s.customer_id, d.day[width_bucket(s.sent_at, d.starts_at)] AS day,
        min(s.sent_at) AS first_at, max(s.sent_at) AS last_at
    FROM (
        SELECT
            a.group_id COLLATE "C" AS group_id, a.customer_id COLLATE "C" AS customer_id,
            TIMESTAMPTZ 'epoch' + CAST(a.at AS bigint) * INTERVAL '1 microsecond' AS sent_at
        FROM ROWS FROM (
            string_to_table(CAST(:groups AS text), CAST(:separator AS text)),
            string_to_table(CAST(:customers AS text), :separator, CAST(:nothing AS text)),
            string_to_table(CAST(:ats AS text), :separator)
        ) AS a (group_id, customer_id, at)
    ) AS s
    CROSS JOIN days AS d
    GROUP BY 1, 2, 3
),
counted AS (
    INSERT INTO dirty_sum (brand_id, kind, key, start)
    SELECT DISTINCT
        CAST(:brand AS bigint), 'group', s.group_id,
        CAST(date_trunc('month', p.start) AS date)
    FROM (SELECT DISTINCT group_id, day FROM said) AS s
    CROSS JOIN LATERAL (
        VALUES (CAST(s.day AS timestamp)), (date_trunc('week', CAST(s.day AS timestamp)))
    ) AS p (start)
    ORDER BY 3, 4
    ON CONFLICT DO NOTHING
)
INSERT INTO dirty_customer (brand_id, customer_id)
SELECT CAST(:brand AS bigint), c.customer_id
FROM (
    SELECT s.customer_id
    FROM said AS s
    WHERE EXISTS (
        SELECT FROM joining AS j
        WHERE j.brand_id = :brand AND j.customer_id = s.customer_id
            -- A customer joined few groups, but of a group there may be any number: by no index
            -- of those.
            AND j.group_id IS NOT DISTINCT FROM s.group_id
            AND (
                (
                    j.joined_at <= s.last_at
                    AND (j.first_spoke_at IS NULL OR j.first_spoke_at > s.first_at)
                )
                OR (
                    s.day - j.joined_day BETWEEN 0 AND 62
                    AND (j.spoke_on >> (s.day - j.joined_day)) & 1 = 0
                )
            )
        OFFSET 0 -- keeps it a look-up for each; else all joinings of the brand are hashed
    )
    UNION
    SELECT i.customer_id
    FROM identity AS i
    WHERE i.brand_id = :brand AND i.space = 'member' AND i.id = ANY (CAST(:sure AS text[]))
) AS c
ORDER BY c.customer_id
ON CONFLICT DO NOTHING
