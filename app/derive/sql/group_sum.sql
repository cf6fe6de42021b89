-- Grain:  one row a group asked for, grain and period: the days of a month, the month, and the
--         weeks that begin in it. None where nothing happened.
-- Reads:  message, identity, joining; group_sum as it was.
-- Rule:   docs/metrics.md, "Group activity". The parameters list the periods; the instants at which
--         the days of the month and of its last week begin, each with the numbers of the periods
--         that it lies in. Who is present at the first instant of a day came on the day before.
--         What was counted of periods that begin with messages that are detached, on `kept_until`
--         at the latest, stays: less is never counted of them.
-- Plan:   whose a member id is, and when the customer was in the group, is looked up once for each
--         speaker of a group, whatever the tables' size; by customer alone, for while groups are
--         small all joinings of the group look as good.
WITH asked AS MATERIALIZED (
    SELECT g.n, g.group_id COLLATE "C" AS group_id
    FROM unnest(CAST(:groups AS text[])) WITH ORDINALITY AS g (group_id, n)
),
period AS MATERIALIZED (
    SELECT array_agg(tstzrange(p.starts_at, p.ends_at) ORDER BY p.n) AS spans
    FROM unnest(CAST(:begins AS timestamptz[]), CAST(:ends AS timestamptz[]))
        WITH ORDINALITY AS p (starts_at, ends_at, n)
),
speaker AS MATERIALIZED (
    SELECT g.n, i.customer_id, w.places, w.messages, s.stays
    FROM asked AS g
    CROSS JOIN LATERAL (
        SELECT d.member_id, array_agg(d.place) AS places, array_agg(d.messages) AS messages
        FROM (
            SELECT
                m.member_id, width_bucket(m.sent_at, CAST(:day_starts AS timestamptz[])) AS place,
                count(*) FILTER (WHERE m.recalled_at IS NULL) AS messages
            FROM message AS m
            WHERE m.brand_id = :brand AND m.group_id = g.group_id
                AND m.sent_at >= :from_at AND m.sent_at < :to_at
            GROUP BY 1, 2
        ) AS d
        GROUP BY d.member_id
    ) AS w
    CROSS JOIN LATERAL (
        SELECT n.customer_id FROM identity AS n
        WHERE n.brand_id = :brand AND n.space = 'member' AND n.id = w.member_id
        OFFSET 0
    ) AS i
    CROSS JOIN LATERAL (
        SELECT range_agg(tstzrange(j.joined_at, j.left_at)) AS stays
        FROM (
            SELECT group_id, joined_at, left_at FROM joining
            WHERE brand_id = :brand AND customer_id = i.customer_id
            OFFSET 0
        ) AS j
        WHERE j.group_id = g.group_id
    ) AS s
),
spoke AS (
    SELECT
        s.n, p.period, s.customer_id, sum(d.messages) AS messages,
        coalesce(bool_or(s.stays && (SELECT spans FROM period)[p.period]), false) AS is_member
    FROM speaker AS s
    CROSS JOIN LATERAL unnest(s.places, s.messages) AS d (place, messages)
    CROSS JOIN LATERAL (
        VALUES
            ((CAST(:day_periods AS int[]))[d.place]), ((CAST(:week_periods AS int[]))[d.place]),
            ((CAST(:month_periods AS int[]))[d.place])
    ) AS p (period)
    WHERE p.period IS NOT NULL
    GROUP BY s.n, p.period, s.customer_id
),
-- Joins, leaves and changes of presence, each at its place in the list of days.
change AS MATERIALIZED (
    SELECT
        c.n, c.kind, c.at, c.since,
        width_bucket(c.at, CAST(:day_starts AS timestamptz[])) AS place
    FROM asked AS g
    CROSS JOIN LATERAL (
        SELECT g.n, 'join' AS kind, j.joined_at AS at, CAST(NULL AS timestamptz) AS since
        FROM joining AS j
        WHERE j.brand_id = :brand AND j.group_id = g.group_id
            AND j.joined_at >= :from_at AND j.joined_at < :to_at
        UNION ALL
        SELECT g.n, k.kind, k.at, NULL
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
        SELECT g.n, k.kind, k.at, k.since
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
    SELECT c.n, c.kind, p.period
    FROM change AS c
    CROSS JOIN LATERAL (
        VALUES
            ((CAST(:day_periods AS int[]))[c.place]), ((CAST(:week_periods AS int[]))[c.place]),
            ((CAST(:month_periods AS int[]))[c.place])
    ) AS p (period)
    CROSS JOIN LATERAL (SELECT (CAST(:begins AS timestamptz[]))[p.period] AS starts_at) AS b
    WHERE p.period IS NOT NULL
        -- Who is there at the first instant, or was there since, does not arrive.
        AND (c.kind <> 'arrival' OR (c.at > b.starts_at AND c.since <= b.starts_at))
),
counted (
    group_id, grain, start, joins, leaves, came, went, arrivals, messages, speakers,
    speaking_members, kept_messages, kept_speakers, kept_speaking
) AS (
    SELECT
        (CAST(:groups AS text[]))[n], (CAST(:grains AS text[]))[period],
        (CAST(:starts AS date[]))[period],
        count(*) FILTER (WHERE kind = 'join'), count(*) FILTER (WHERE kind = 'leave'),
        count(*) FILTER (WHERE kind = 'came'), count(*) FILTER (WHERE kind = 'went'),
        count(*) FILTER (WHERE kind = 'arrival'), CAST(0 AS numeric), 0, 0, 0, 0, 0
    FROM placed
    GROUP BY n, period
    UNION ALL
    SELECT
        (CAST(:groups AS text[]))[n], (CAST(:grains AS text[]))[period],
        (CAST(:starts AS date[]))[period],
        0, 0, 0, 0, 0, sum(messages), count(*), count(*) FILTER (WHERE is_member), 0, 0, 0
    FROM spoke
    GROUP BY n, period
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
