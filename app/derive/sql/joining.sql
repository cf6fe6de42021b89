-- Grain:  one row a membership, not of length 0, of the customers asked for.
-- Reads:  identity, membership, message, member_speech, order_credit (derived just before), calendar.
-- Rule:   docs/metrics.md, "Funnel", "Retention" and "Group activity". What is fully refunded by
--         now is no purchase. What was known of messages that are detached stays.
WITH person AS MATERIALIZED (
    SELECT i.customer_id, i.id, (
        SELECT w.last_spoke_at FROM member_speech AS w
        WHERE w.brand_id = :brand AND w.member_id = i.id
    ) AS last_spoke_at
    FROM unnest(CAST(:customers AS text[])) AS k (id)
    CROSS JOIN LATERAL (
        SELECT n.customer_id, n.space, n.id FROM identity AS n
        WHERE n.brand_id = :brand AND n.customer_id = k.id COLLATE "C"
        OFFSET 0 -- a look-up for each, here and below: see order_credit.sql
    ) AS i
    WHERE i.space = 'member'
),
lasted AS MATERIALIZED (
    SELECT p.customer_id, m.*
    FROM person AS p
    CROSS JOIN LATERAL (
        SELECT s.* FROM membership AS s WHERE s.brand_id = :brand AND s.member_id = p.id OFFSET 0
    ) AS m
    WHERE m.left_at IS NULL OR m.left_at > m.joined_at
),
-- The local days that are asked about: of an instant, width_bucket finds the place of its day.
span AS (
    SELECT
        coalesce(min(joined_at), 'infinity') - INTERVAL '2 days' AS first_at,
        greatest(max(joined_at) + INTERVAL '65 days', max(left_at)) AS last_at
    FROM lasted
),
days AS MATERIALIZED (
    SELECT
        array_agg(c.starts_at ORDER BY c.starts_at) AS starts_at,
        array_agg(c.day ORDER BY c.starts_at) AS day
    FROM calendar AS c
    WHERE c.timezone = :timezone
        AND c.starts_at >= (SELECT first_at FROM span)
        AND c.starts_at <= (SELECT last_at FROM span)
),
stay AS MATERIALIZED (
    SELECT
        m.customer_id, m.group_id, m.member_id, m.joined_at, m.n, m.left_at,
        m.source_kind, m.note_id, m.live_id,
        d.day[width_bucket(m.joined_at, d.starts_at)] AS joined_day,
        d.starts_at[width_bucket(m.joined_at, d.starts_at)] AS day_starts_at,
        d.day[width_bucket(m.left_at, d.starts_at)] AS left_day,
        row_number() OVER (
            PARTITION BY m.customer_id ORDER BY m.joined_at, m.group_id, m.member_id, m.n
        ) = 1 AS is_first,
        max(coalesce(m.left_at, 'infinity')) OVER (
            PARTITION BY m.customer_id, m.group_id ORDER BY m.joined_at, m.member_id, m.n
            ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
        ) AS covered
    FROM lasted AS m
    CROSS JOIN days AS d
),
-- Each customer speaks by any of its member ids. After its last message nothing is looked for, so
-- who is silent costs no look into the months. An end that the planner does not know is written as
-- ANY: it takes a span with one for next to nothing, and would read a month by time alone.
said AS MATERIALIZED (
    SELECT DISTINCT v.customer_id, v.group_id, w.day
    FROM (
        SELECT
            s.customer_id, s.group_id, p.id AS speaker_id,
            min(s.day_starts_at) AS first_at,
            -- A day may have more than 24 hours; what is too far is left out by its date.
            max(s.day_starts_at) + INTERVAL '65 days' AS until
        FROM stay AS s
        JOIN person AS p USING (customer_id)
        WHERE p.last_spoke_at >= s.day_starts_at
        GROUP BY s.customer_id, s.group_id, p.id
    ) AS v
    CROSS JOIN days AS d
    CROSS JOIN LATERAL (
        SELECT d.day[width_bucket(m.sent_at, d.starts_at)] AS day
        FROM message AS m
        WHERE m.brand_id = :brand AND m.group_id = v.group_id AND m.member_id = v.speaker_id
            AND m.sent_at >= v.first_at AND m.sent_at < ANY (ARRAY[v.until])
        OFFSET 0 -- keeps it a look-up for each; else all messages of the brand are hashed
    ) AS w
),
spoken AS MATERIALIZED (
    SELECT
        s.group_id, s.member_id, s.joined_at, s.n,
        bit_or(CAST(1 AS bigint) << (w.day - s.joined_day)) AS spoke_on
    FROM stay AS s
    JOIN said AS w ON w.customer_id = s.customer_id AND w.group_id = s.group_id
    WHERE w.day - s.joined_day BETWEEN 0 AND 62
    GROUP BY s.group_id, s.member_id, s.joined_at, s.n
),
spoke_first AS MATERIALIZED (
    SELECT s.group_id, s.member_id, s.joined_at, s.n, min(f.sent_at) AS first_spoke_at
    FROM stay AS s
    JOIN person AS p USING (customer_id)
    CROSS JOIN LATERAL (
        SELECT m.sent_at
        FROM message AS m
        WHERE m.brand_id = :brand AND m.group_id = s.group_id AND m.member_id = p.id
            AND m.sent_at >= s.joined_at
        ORDER BY m.member_id, m.sent_at
        LIMIT 1
    ) AS f
    WHERE p.last_spoke_at >= s.joined_at
    GROUP BY s.group_id, s.member_id, s.joined_at, s.n
),
bought AS MATERIALIZED (
    SELECT
        group_id, member_id, joined_at, n, min(paid_at) AS bought_at, min(paid_day) AS bought_day,
        min(paid_at) FILTER (WHERE paid_day > first_day) AS bought_again_at
    FROM (
        SELECT
            s.group_id, s.member_id, s.joined_at, s.n, o.paid_at, o.paid_day,
            min(o.paid_day) OVER (PARTITION BY s.group_id, s.member_id, s.joined_at, s.n)
                AS first_day
        FROM stay AS s
        CROSS JOIN LATERAL (
            SELECT c.* FROM order_credit AS c
            WHERE c.brand_id = :brand AND c.customer_id = s.customer_id
            OFFSET 0
        ) AS o
        WHERE o.paid_at >= s.joined_at AND o.amount > 0 AND o.fully_refunded_at IS NULL
    ) AS purchase
    GROUP BY group_id, member_id, joined_at, n
),
derived AS MATERIALIZED (
    SELECT
        s.group_id, s.member_id, s.joined_at, s.n, s.customer_id, s.joined_day,
        s.left_at, s.left_day, s.source_kind, s.note_id, s.live_id, s.is_first,
        CASE WHEN p.is_piece THEN greatest(s.joined_at, s.covered) END AS present_from,
        CASE WHEN p.is_piece THEN s.covered END AS present_before,
        least(f.first_spoke_at, k.first_spoke_at) AS first_spoke_at,
        coalesce(w.spoke_on, 0) | coalesce(k.spoke_on, 0) AS spoke_on,
        b.bought_at, b.bought_day, b.bought_again_at
    FROM stay AS s
    CROSS JOIN LATERAL (
        SELECT s.covered IS NULL OR coalesce(s.left_at, 'infinity') > s.covered AS is_piece
    ) AS p
    LEFT JOIN LATERAL (
        SELECT
            CASE WHEN o.first_spoke_at < :messages_since THEN o.first_spoke_at END
                AS first_spoke_at,
            o.spoke_on & ~(CAST(-1 AS bigint) << least(63, 1 + CAST((
                CAST(:messages_since AS timestamptz) - INTERVAL '1 microsecond'
            ) AT TIME ZONE :timezone AS date) - o.joined_day)) AS spoke_on
        FROM joining AS o
        WHERE o.brand_id = :brand AND o.group_id = s.group_id AND o.member_id = s.member_id
            AND o.joined_at = s.joined_at AND o.n = s.n AND o.joined_at < :messages_since
        OFFSET 0 -- keeps it a look-up for each
    ) AS k ON true
    LEFT JOIN spoken AS w USING (group_id, member_id, joined_at, n)
    LEFT JOIN spoke_first AS f USING (group_id, member_id, joined_at, n)
    LEFT JOIN bought AS b USING (group_id, member_id, joined_at, n)
)
