-- Goes on from joining.sql and what changed.
-- Grain:  one row a month of a group, or live, whose sums a change moves.
-- Reads:  message, live_view.  Writes: dirty_sum.
-- Rule:   a presence counts where it begins and ends, at the first instant of a day for the day
--         before, and on the days on which its customer speaks. Weeks belong to the month in
--         which they begin.
, moved AS MATERIALIZED (
    SELECT
        coalesce(c.group_id, c.old_group_id) AS group_id,
        coalesce(c.member_id, c.old_member_id) AS member_id,
        c.joined_at, c.left_at, c.present_from, c.live_id,
        c.old_joined_at, c.old_left_at, c.old_present_from, c.old_live_id,
        CASE
            WHEN c.joined_at = c.old_joined_at AND c.customer_id = c.old_customer_id
            THEN least(c.left_at, c.old_left_at)
            ELSE coalesce(c.joined_at, c.old_joined_at)
        END AS moved_from,
        greatest(
            CASE WHEN c.group_id IS NOT NULL THEN coalesce(c.left_at, 'infinity') END,
            CASE WHEN c.old_group_id IS NOT NULL THEN coalesce(c.old_left_at, 'infinity') END
        ) AS moved_until
    FROM changed AS c
    WHERE CAST(:mark AS boolean)
        AND (
            c.joined_at IS DISTINCT FROM c.old_joined_at
            OR c.left_at IS DISTINCT FROM c.old_left_at
            OR c.present_from IS DISTINCT FROM c.old_present_from
            OR c.present_before IS DISTINCT FROM c.old_present_before
            OR c.customer_id IS DISTINCT FROM c.old_customer_id
            OR c.live_id IS DISTINCT FROM c.old_live_id
        )
),
instant AS MATERIALIZED (
    SELECT m.group_id, i.at
    FROM moved AS m
    CROSS JOIN LATERAL (
        VALUES
            (m.joined_at), (m.left_at), (m.present_from),
            (m.old_joined_at), (m.old_left_at), (m.old_present_from)
    ) AS t (at)
    CROSS JOIN LATERAL (VALUES (t.at), (t.at - INTERVAL '1 microsecond')) AS i (at)
    WHERE i.at IS NOT NULL
    UNION ALL
    SELECT m.group_id, w.sent_at
    FROM moved AS m
    JOIN person AS i ON i.id = m.member_id
    JOIN person AS p ON p.customer_id = i.customer_id
    CROSS JOIN LATERAL (
        SELECT w.sent_at
        FROM message AS w
        WHERE w.brand_id = :brand AND w.group_id = m.group_id AND w.member_id = p.id
            AND w.sent_at >= m.moved_from - INTERVAL '32 days'
            AND w.sent_at < ANY (ARRAY[m.moved_until + INTERVAL '32 days']) -- see joining.sql
        OFFSET 0 -- keeps it a look-up for each; else all messages of the brand are hashed
    ) AS w
    WHERE p.last_spoke_at >= m.moved_from - INTERVAL '32 days'
),
moved_days AS MATERIALIZED (
    SELECT
        array_agg(c.starts_at ORDER BY c.starts_at) AS starts_at,
        array_agg(CAST(c.day AS timestamp) ORDER BY c.starts_at) AS day
    FROM calendar AS c
    WHERE c.timezone = :timezone
        AND c.starts_at >= (SELECT min(at) FROM instant) - INTERVAL '2 days'
        AND c.starts_at <= (SELECT max(at) FROM instant)
),
mark AS (
    INSERT INTO dirty_sum (brand_id, kind, key, start)
    SELECT DISTINCT
        CAST(:brand AS bigint), 'group', i.group_id,
        CAST(date_trunc('month', s.start) AS date)
    FROM (
        SELECT DISTINCT i.group_id, d.day[width_bucket(i.at, d.starts_at)] AS day
        FROM instant AS i
        CROSS JOIN moved_days AS d
    ) AS i
    CROSS JOIN LATERAL (VALUES (i.day), (date_trunc('week', i.day))) AS s (start)
    WHERE i.day IS NOT NULL
    UNION
    SELECT CAST(:brand AS bigint), 'live', l.live_id, CAST('-infinity' AS date)
    FROM (
        SELECT live_id FROM moved UNION SELECT old_live_id FROM moved
        UNION
        SELECT v.live_id
        FROM live_view AS v
        WHERE v.brand_id = :brand AND v.member_id = ANY (ARRAY(
            SELECT p.id FROM moved AS m
            JOIN person AS i ON i.id = m.member_id
            JOIN person AS p ON p.customer_id = i.customer_id
        ))
    ) AS l
    WHERE l.live_id IS NOT NULL
    ON CONFLICT DO NOTHING
)
