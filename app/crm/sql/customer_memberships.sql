-- Grain:  one row a membership of a customer, the latest first, with the note that it came by.
-- Reads:  joining, membership, chat_group, note, creator.
SELECT
    j.group_id, g.name AS group_name, j.member_id, j.joined_at, j.left_at,
    m.role, m.leave_reason, j.source_kind,
    j.note_id, n.title AS note_title, n.creator_id, c.name AS creator_name, j.live_id
FROM (
    SELECT * FROM joining
    WHERE brand_id = :brand AND customer_id = :customer
    ORDER BY joined_at DESC, group_id DESC, member_id DESC, n DESC
    LIMIT :most
) AS j
LEFT JOIN LATERAL (
    SELECT role, leave_reason FROM membership
    WHERE brand_id = :brand AND group_id = j.group_id AND member_id = j.member_id
        AND joined_at = j.joined_at AND n = j.n
    OFFSET 0
) AS m ON true
LEFT JOIN LATERAL (
    SELECT name FROM chat_group WHERE brand_id = :brand AND group_id = j.group_id
    OFFSET 0
) AS g ON true
LEFT JOIN LATERAL (
    SELECT title, creator_id FROM note WHERE brand_id = :brand AND note_id = j.note_id
    OFFSET 0
) AS n ON true
LEFT JOIN LATERAL (
    SELECT name FROM creator WHERE brand_id = :brand AND creator_id = n.creator_id
    OFFSET 0
) AS c ON true
ORDER BY j.joined_at DESC, j.group_id DESC, j.member_id DESC, j.n DESC
