-- Grain:  one row.
-- Reads:  order_credit, sale_sum, membership, membership_event, identity, dead_letter;
--         segment_member where a segment is asked for.
-- Rule:   docs/metrics.md, "Caveats". Each column is a look into an index that stops early: where
--         there are many only `most` are counted, and one more shows that there are.
WITH suspect AS (
    SELECT e.group_id
    FROM membership_event AS e
    WHERE e.brand_id = :brand AND e.suspect
        AND e.at >= :start AND e.at < :end AND e.at < :as_of
        AND (CAST(:group_id AS text) IS NULL OR e.group_id = :group_id)
    ORDER BY e.at, e.group_id
    LIMIT :most + 1
),
-- Memberships that are not `days` old. Who had been in one before those is no newcomer.
young AS (
    SELECT m.member_id, m.joined_at, m.group_id, m.note_id, y.since
    FROM (
        SELECT greatest(
            CAST(:start AS timestamptz),
            CAST(:as_of AS timestamptz) - make_interval(hours => 24 * CAST(:days AS integer))
                + INTERVAL '1 microsecond'
        ) AS since
    ) AS y
    JOIN membership AS m ON m.brand_id = :brand AND m.joined_at >= y.since
    WHERE m.joined_at < :end AND m.joined_at < :as_of
        AND (m.left_at IS NULL OR m.left_at > m.joined_at)
    ORDER BY m.joined_at
    LIMIT :most + 1
),
newcomer AS (
    SELECT DISTINCT ON (i.customer_id) i.customer_id, y.group_id, y.note_id, y.since
    FROM young AS y
    JOIN identity AS i ON i.brand_id = :brand AND i.space = 'member' AND i.id = y.member_id
    ORDER BY i.customer_id, y.joined_at, y.group_id, y.member_id
),
paid AS (
    SELECT sum(s.orders) AS orders, sum(s.matched) AS matched
    FROM sale_sum AS s
    WHERE CAST(:asks_match AS boolean)
        AND s.brand_id = :brand AND s.grain = 'day' AND s.dimension = 'cell'
        AND s.start >= :first_day AND s.start < :last_day
)
SELECT
    (
        SELECT o.paid_at FROM order_credit AS o
        WHERE o.brand_id = :brand ORDER BY o.paid_at LIMIT 1
    ) AS first_paid_at,
    (
        SELECT m.joined_at FROM membership AS m
        WHERE m.brand_id = :brand AND (m.left_at IS NULL OR m.left_at > m.joined_at)
        ORDER BY m.joined_at LIMIT 1
    ) AS first_joined_at,
    (
        SELECT count(*)
        FROM (SELECT FROM dead_letter AS d WHERE d.brand_id = :brand LIMIT :most + 1) AS d
    ) AS dead_letters,
    (SELECT count(*) FROM suspect) AS suspects,
    CASE WHEN CAST(:asks_messages AS boolean) THEN messages_since() END AS messages_since,
    ARRAY(SELECT DISTINCT group_id FROM suspect ORDER BY group_id LIMIT :named) AS suspect_groups,
    (SELECT orders FROM paid) AS orders,
    (SELECT matched FROM paid) AS matched_orders,
    CASE WHEN CAST(:young_from AS timestamptz) IS NOT NULL THEN (
        SELECT m.joined_at
        FROM membership AS m
        WHERE m.brand_id = :brand AND m.joined_at >= :young_from
            AND m.joined_at >= :start AND m.joined_at < :end AND m.joined_at < :as_of
            AND (m.left_at IS NULL OR m.left_at > m.joined_at)
            AND (CAST(:group_id AS text) IS NULL OR m.group_id = :group_id)
            AND (CAST(:note_id AS text) IS NULL OR m.note_id = :note_id)
            AND (CAST(:segment_id AS text) IS NULL OR CAST(:inside AS boolean) = EXISTS (
                SELECT FROM segment_member AS picked WHERE picked.brand_id = :brand
                    AND picked.segment_id = :segment_id AND picked.customer_id = (
                        SELECT w.customer_id FROM identity AS w
                        WHERE w.brand_id = :brand AND w.space = 'member' AND w.id = m.member_id
                    )
            ))
        ORDER BY m.joined_at DESC
        LIMIT 1
    ) END AS last_joined_at,
    CASE WHEN CAST(:days AS integer) IS NOT NULL THEN (
        SELECT count(*)
        FROM newcomer AS n
        WHERE (CAST(:group_id AS text) IS NULL OR n.group_id = :group_id)
            AND (CAST(:note_id AS text) IS NULL OR n.note_id = :note_id)
            AND (CAST(:segment_id AS text) IS NULL OR CAST(:inside AS boolean) = EXISTS (
                SELECT FROM segment_member AS picked WHERE picked.brand_id = :brand
                    AND picked.segment_id = :segment_id AND picked.customer_id = n.customer_id
            ))
            AND (
                SELECT m.joined_at
                FROM identity AS i
                JOIN membership AS m ON m.brand_id = :brand AND m.member_id = i.id
                WHERE i.brand_id = :brand AND i.customer_id = n.customer_id AND i.space = 'member'
                    AND m.joined_at < n.since
                    AND (m.left_at IS NULL OR m.left_at > m.joined_at)
                LIMIT 1
            ) IS NULL
    ) END AS newcomers
