-- Grain:  one row a group asked for, grain and period: the days of a month, the month, and the
--         weeks that begin in it. None where nothing happened.
-- Reads:  message, identity, joining; group_sum as it was.
-- Rule:   docs/metrics.md, "Group activity". The parameters list the days of the month and of its
--         last week, each with the week that it lies in, and the instants at which these begin
--         and end. Who is present at the first instant of a day came on the day before. What was
--         counted of periods that begin with messages that are detached, on `kept_until` at the
--         latest, stays: less is never counted of them.
WITH spoke AS MATERIALIZED (
    SELECT
        g.group_id, d.day, d.starts_at, d.ends_at, d.week, d.week_starts_at, d.week_ends_at,
        i.customer_id, sum(w.messages) AS messages
    FROM unnest(CAST(:groups AS text[])) AS g (group_id)
    CROSS JOIN LATERAL (
        SELECT
            m.member_id, width_bucket(m.sent_at, CAST(:day_starts AS timestamptz[])) AS place,
            count(*) FILTER (WHERE m.recalled_at IS NULL) AS messages
        FROM message AS m
        WHERE m.brand_id = :brand AND m.group_id = g.group_id
            AND m.sent_at >= :from_at AND m.sent_at < :to_at
        GROUP BY 1, 2
    ) AS w
    CROSS JOIN LATERAL (
        SELECT
            (CAST(:days AS date[]))[w.place] AS day,
            (CAST(:day_starts AS timestamptz[]))[w.place] AS starts_at,
            (CAST(:day_ends AS timestamptz[]))[w.place] AS ends_at,
            (CAST(:weeks AS date[]))[w.place] AS week,
            (CAST(:week_starts AS timestamptz[]))[w.place] AS week_starts_at,
            (CAST(:week_ends AS timestamptz[]))[w.place] AS week_ends_at
    ) AS d
    -- Found for each, after the messages: while tables are small, all identities were joined to
    -- each day of each group, and the messages looked up for each of these.
    CROSS JOIN LATERAL (
        SELECT n.customer_id FROM identity AS n
        WHERE n.brand_id = :brand AND n.space = 'member' AND n.id = w.member_id
        OFFSET 0
    ) AS i
    GROUP BY
        g.group_id, d.day, d.starts_at, d.ends_at, d.week, d.week_starts_at, d.week_ends_at,
        i.customer_id
),
speaker AS MATERIALIZED (
    SELECT
        s.group_id, p.grain, p.start, p.starts_at, p.ends_at, s.customer_id,
        sum(s.messages) AS messages
    FROM spoke AS s
    CROSS JOIN LATERAL (
        VALUES
            ('day', s.day, s.starts_at, s.ends_at),
            ('week', s.week, s.week_starts_at, s.week_ends_at),
            (
                'month', CAST(:month AS date), CAST(:month_starts AS timestamptz),
                CAST(:month_ends AS timestamptz)
            )
    ) AS p (grain, start, starts_at, ends_at)
    WHERE p.start >= :month AND p.start < :next_month
        AND (p.grain = 'week' OR s.day < :next_month)
    GROUP BY s.group_id, p.grain, p.start, p.starts_at, p.ends_at, s.customer_id
),
-- Joins, leaves and changes of presence, each at its place in the list of days.
change AS MATERIALIZED (
    SELECT
        c.group_id, c.kind, c.at, c.since,
        width_bucket(c.at, CAST(:day_starts AS timestamptz[])) AS place
    FROM unnest(CAST(:groups AS text[])) AS g (group_id)
    CROSS JOIN LATERAL (
        SELECT j.group_id, 'join' AS kind, j.joined_at AS at, CAST(NULL AS timestamptz) AS since
        FROM joining AS j
        WHERE j.brand_id = :brand AND j.group_id = g.group_id
            AND j.joined_at >= :from_at AND j.joined_at < :to_at
        UNION ALL
        SELECT j.group_id, k.kind, k.at, NULL
        FROM joining AS j
        CROSS JOIN LATERAL (
            VALUES
                ('leave', j.left_at),
                ('went', CASE
                    WHEN j.present_from IS NOT NULL THEN j.left_at - INTERVAL '1 microsecond'
                END)
        ) AS k (kind, at)
        WHERE j.brand_id = :brand AND j.group_id = g.group_id
            AND j.left_at >= :from_at AND j.left_at <= :to_at
        UNION ALL
        SELECT j.group_id, k.kind, k.at, k.since
        FROM joining AS j
        CROSS JOIN LATERAL (
            VALUES
                ('came', j.present_from - INTERVAL '1 microsecond', CAST(NULL AS timestamptz)),
                ('arrival', j.present_from, coalesce(j.present_before, '-infinity'))
        ) AS k (kind, at, since)
        WHERE j.brand_id = :brand AND j.group_id = g.group_id
            AND j.present_from >= :from_at AND j.present_from <= :to_at
    ) AS c
    WHERE c.at >= :from_at AND c.at < :to_at
),
placed AS (
    SELECT c.group_id, c.kind, p.grain, p.start
    FROM change AS c
    JOIN LATERAL (
        SELECT
            (CAST(:days AS date[]))[c.place] AS day,
            (CAST(:day_starts AS timestamptz[]))[c.place] AS starts_at,
            (CAST(:weeks AS date[]))[c.place] AS week,
            (CAST(:week_starts AS timestamptz[]))[c.place] AS week_starts_at
    ) AS d ON true
    CROSS JOIN LATERAL (
        VALUES
            ('day', d.day, d.starts_at), ('week', d.week, d.week_starts_at),
            ('month', CAST(:month AS date), CAST(:month_starts AS timestamptz))
    ) AS p (grain, start, starts_at)
    WHERE p.start >= :month AND p.start < :next_month
        AND (p.grain = 'week' OR d.day < :next_month)
        -- Who is there at the first instant, or was there since, does not arrive.
        AND (c.kind <> 'arrival' OR (c.at > p.starts_at AND c.since <= p.starts_at))
),
counted (
    group_id, grain, start, joins, leaves, came, went, arrivals, messages, speakers,
    speaking_members, kept_messages, kept_speakers, kept_speaking
) AS (
    SELECT
        group_id, grain, start,
        count(*) FILTER (WHERE kind = 'join'), count(*) FILTER (WHERE kind = 'leave'),
        count(*) FILTER (WHERE kind = 'came'), count(*) FILTER (WHERE kind = 'went'),
        count(*) FILTER (WHERE kind = 'arrival'), CAST(0 AS numeric), 0, 0, 0, 0, 0
    FROM placed
    GROUP BY group_id, grain, start
    UNION ALL
    SELECT
        s.group_id, s.grain, s.start, 0, 0, 0, 0, 0, sum(s.messages), count(*),
        count(*) FILTER (WHERE EXISTS (
            SELECT FROM (
                SELECT j.joined_at, j.left_at
                FROM joining AS j
                WHERE j.brand_id = :brand AND j.customer_id = s.customer_id
                    AND j.group_id = s.group_id
                OFFSET 0 -- else, while there are few, all that joined before are looked through
            ) AS j
            WHERE j.joined_at < s.ends_at AND (j.left_at IS NULL OR j.left_at > s.starts_at)
        )),
        0, 0, 0
    FROM speaker AS s
    GROUP BY s.group_id, s.grain, s.start
    UNION ALL
    SELECT
        o.group_id, o.grain, o.start, 0, 0, 0, 0, 0, 0, 0, 0, o.messages, o.speakers,
        o.speaking_members
    FROM group_sum AS o
    WHERE o.brand_id = :brand AND o.group_id = ANY (CAST(:groups AS text[]))
        AND o.start >= :month AND o.start < :next_month AND o.start <= :kept_until
),
derived AS MATERIALIZED (
    SELECT
        group_id, grain, start, sum(joins) AS joins, sum(leaves) AS leaves, sum(came) AS came,
        sum(went) AS went, sum(arrivals) AS arrivals,
        greatest(sum(messages), max(kept_messages)) AS messages,
        greatest(sum(speakers), max(kept_speakers)) AS speakers,
        greatest(sum(speaking_members), max(kept_speaking)) AS speaking_members
    FROM counted
    GROUP BY group_id, grain, start
    HAVING sum(joins + leaves + came + went + arrivals + speakers + kept_speakers) > 0
)
