-- Grain:  one row a changed row (by its place) and event that told something of what it rests on.
-- Reads:  shop_order, refund, membership, membership_event, note, creator.
-- Rule:   the events whose values stand, as the facts' stamps name them; of a membership the lines
--         about its member in the group, and those about the whole group at its ends.
WITH stamped (at, stamp) AS (
    SELECT a.at, s.value
    FROM unnest(CAST(:order_at AS integer[]), CAST(:order_ids AS text[])) AS a (at, id)
    JOIN shop_order AS o ON o.brand_id = :brand AND o.order_id = a.id
    CROSS JOIN LATERAL jsonb_each(o.stamps) AS s
    UNION ALL
    SELECT a.at, s.value
    FROM unnest(
        CAST(:refund_at AS integer[]), CAST(:refund_orders AS text[]), CAST(:refund_ids AS text[])
    ) AS a (at, order_id, refund_id)
    JOIN refund AS r
        ON r.brand_id = :brand AND r.order_id = a.order_id AND r.refund_id = a.refund_id
    CROSS JOIN LATERAL jsonb_each(r.stamps) AS s
    UNION ALL
    SELECT a.at, s.value
    FROM unnest(CAST(:note_at AS integer[]), CAST(:note_ids AS text[])) AS a (at, id)
    JOIN note AS n ON n.brand_id = :brand AND n.note_id = a.id
    CROSS JOIN LATERAL jsonb_each(n.stamps) AS s
    UNION ALL
    SELECT a.at, s.value
    FROM unnest(CAST(:creator_at AS integer[]), CAST(:creator_ids AS text[])) AS a (at, id)
    JOIN creator AS c ON c.brand_id = :brand AND c.creator_id = a.id
    CROSS JOIN LATERAL jsonb_each(c.stamps) AS s
),
joined (at, group_id, member_id) AS (
    SELECT a.at, a.group_id, a.member_id
    FROM unnest(
        CAST(:join_at AS integer[]), CAST(:join_groups AS text[]), CAST(:join_members AS text[])
    ) AS a (at, group_id, member_id)
)
SELECT at, stamp ->> 1 AS event_id, stamp ->> 2 AS source
FROM stamped
UNION
SELECT j.at, e.event_id, e.event_source
FROM joined AS j
CROSS JOIN LATERAL (
    SELECT e.event_id, e.event_source
    FROM membership_event AS e
    WHERE e.brand_id = :brand AND e.group_id = j.group_id AND e.member_id = j.member_id
    OFFSET 0
) AS e
UNION
SELECT j.at, e.event_id, e.event_source
FROM joined AS j
CROSS JOIN LATERAL (
    SELECT m.joined_at, m.left_at
    FROM membership AS m
    WHERE m.brand_id = :brand AND m.member_id = j.member_id AND m.group_id = j.group_id
    OFFSET 0
) AS m
CROSS JOIN LATERAL (
    SELECT e.event_id, e.event_source
    FROM membership_event AS e
    WHERE e.brand_id = :brand AND e.group_id = j.group_id AND e.member_id IS NULL
        AND e.at = ANY (ARRAY[m.joined_at, m.left_at])
    OFFSET 0
) AS e
