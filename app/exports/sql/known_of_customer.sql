-- Grain:  one row, of the customer that `found` of the statement around it has in hand.
-- Reads:  identity, member, member_speech, tagging, tag, joining, chat_group, note.
-- Rule:   the first nickname and phone that is known, member ids in their order, as on the
--         customer's page. `phone` is as app/exports/phones.py opens it.
SELECT
    who.nickname, who.phone, who.member_ids, who.buyer_ids, who.last_spoke_at,
    tags.names AS tags, present.ids AS group_ids, present.names AS group_names,
    brought.ids AS note_ids, brought.names AS note_titles
FROM (
    SELECT
        (array_agg(m.nickname ORDER BY i.id) FILTER (WHERE m.nickname IS NOT NULL))[1] AS nickname,
        (array_agg(m.phone ORDER BY i.id) FILTER (WHERE m.phone IS NOT NULL))[1] AS phone,
        string_agg(i.id, ';' ORDER BY i.id) FILTER (WHERE i.space = 'member') AS member_ids,
        string_agg(i.id, ';' ORDER BY i.id) FILTER (WHERE i.space = 'buyer') AS buyer_ids,
        max(s.last_spoke_at) AS last_spoke_at
    FROM identity AS i
    LEFT JOIN LATERAL (
        SELECT
            nickname,
            CASE
                WHEN phone_cipher IS NOT NULL THEN 'c' || encode(phone_cipher, 'hex')
                WHEN phone IS NOT NULL THEN 'm' || member_id
            END AS phone
        FROM member
        WHERE brand_id = :brand AND member_id = i.id AND i.space = 'member'
        OFFSET 0
    ) AS m ON true
    LEFT JOIN LATERAL (
        SELECT last_spoke_at FROM member_speech
        WHERE brand_id = :brand AND member_id = i.id AND i.space = 'member'
        OFFSET 0
    ) AS s ON true
    WHERE i.brand_id = :brand AND i.customer_id = found.customer_id
) AS who
CROSS JOIN LATERAL (
    SELECT string_agg(t.name, ';' ORDER BY t.name, t.tag_id) AS names
    FROM (
        SELECT DISTINCT g.tag_id
        FROM identity AS i
        CROSS JOIN LATERAL (
            SELECT tag_id FROM tagging
            WHERE brand_id = :brand AND space = i.space AND id = i.id
            OFFSET 0
        ) AS g
        WHERE i.brand_id = :brand AND i.customer_id = found.customer_id
    ) AS given
    CROSS JOIN LATERAL (
        SELECT tag_id, name FROM tag WHERE brand_id = :brand AND tag_id = given.tag_id OFFSET 0
    ) AS t
) AS tags
CROSS JOIN LATERAL (
    SELECT
        string_agg(g.group_id, ';' ORDER BY g.group_id) AS ids,
        string_agg(coalesce(n.name, g.group_id), ';' ORDER BY g.group_id) AS names
    FROM (
        SELECT DISTINCT group_id FROM joining
        WHERE brand_id = :brand AND customer_id = found.customer_id AND left_at IS NULL
    ) AS g
    LEFT JOIN LATERAL (
        SELECT name FROM chat_group WHERE brand_id = :brand AND group_id = g.group_id OFFSET 0
    ) AS n ON true
) AS present
CROSS JOIN LATERAL (
    SELECT
        string_agg(g.note_id, ';' ORDER BY g.note_id) AS ids,
        string_agg(coalesce(n.title, g.note_id), ';' ORDER BY g.note_id) AS names
    FROM (
        SELECT DISTINCT note_id FROM joining
        WHERE brand_id = :brand AND customer_id = found.customer_id AND note_id IS NOT NULL
    ) AS g
    LEFT JOIN LATERAL (
        SELECT title FROM note WHERE brand_id = :brand AND note_id = g.note_id OFFSET 0
    ) AS n ON true
) AS brought
