-- Grain:  one row a membership begun in the window before as_of, by group, member, instant and n.
-- Reads:  membership, identity, member, chat_group, note, creator.
-- Rule:   docs/metrics.md, "Funnel". One that ended at or after as_of was open; one of length 0
--         counts nowhere.
SELECT
    m.group_id, m.member_id,
    CAST(extract(epoch FROM m.joined_at) * 1000000 AS bigint) AS joined_at,
    m.n, i.customer_id, p.nickname, g.name AS group_name,
    CASE
        WHEN m.left_at < :as_of THEN CAST(extract(epoch FROM m.left_at) * 1000000 AS bigint)
    END AS left_at,
    m.join_inferred AS inferred, m.source_kind,
    m.note_id, t.title AS note_title, t.creator_id, a.name AS creator_name, a.mcn, m.live_id
FROM membership AS m
JOIN identity AS i ON i.brand_id = :brand AND i.space = 'member' AND i.id = m.member_id
-- Look-ups, one a membership: as joins they may become loops over all notes of the brand.
LEFT JOIN LATERAL (
    SELECT p.nickname FROM member AS p
    WHERE p.brand_id = :brand AND p.member_id = m.member_id OFFSET 0
) AS p ON true
LEFT JOIN LATERAL (
    SELECT g.name FROM chat_group AS g
    WHERE g.brand_id = :brand AND g.group_id = m.group_id OFFSET 0
) AS g ON true
LEFT JOIN LATERAL (
    SELECT t.title, t.creator_id FROM note AS t
    WHERE t.brand_id = :brand AND t.note_id = m.note_id OFFSET 0
) AS t ON true
LEFT JOIN LATERAL (
    SELECT a.name, a.mcn FROM creator AS a
    WHERE a.brand_id = :brand AND a.creator_id = t.creator_id OFFSET 0
) AS a ON true
WHERE m.brand_id = :brand
    AND m.joined_at >= :start AND m.joined_at < :end AND m.joined_at < :as_of
    AND (m.left_at IS NULL OR m.left_at > m.joined_at)
ORDER BY m.group_id, m.member_id, m.joined_at, m.n
