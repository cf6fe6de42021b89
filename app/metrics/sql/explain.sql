-- Grain:  one row, of the order asked for; none where no event names it.
-- Reads:  shop_order, order_credit, membership, card_click, note, chat_group, creator.
-- Rule:   docs/metrics.md, "Credit".
SELECT
    o.order_id, o.paid_at, coalesce(o.kind, 'normal') AS kind,
    c.order_id IS NOT NULL AS is_gmv,
    c.cell, c.group_id, g.name AS group_name, c.note_id, n.title AS note_title,
    c.first_note_id, f.title AS first_note_title, c.first_joined_at,
    coalesce(c.touch_creator_id, n.creator_id) AS creator_id, a.name AS creator_name,
    c.touch_creator_id, o.touch ->> 'note_id' AS touch_note_id,
    c.touch_kind, c.click_event_id, c.click_source,
    k.clicked_at, k.member_id AS click_member_id, k.message_id AS click_message_id,
    m.member_id, m.joined_at, m.left_at, m.join_inferred, m.leave_inferred, m.source_kind,
    m.note_id AS source_note_id, m.live_id AS source_live_id, m.inviter_member_id
FROM shop_order AS o
LEFT JOIN order_credit AS c ON c.brand_id = o.brand_id AND c.order_id = o.order_id
LEFT JOIN chat_group AS g ON g.brand_id = o.brand_id AND g.group_id = c.group_id
LEFT JOIN note AS n ON n.brand_id = o.brand_id AND n.note_id = c.note_id
LEFT JOIN note AS f ON f.brand_id = o.brand_id AND f.note_id = c.first_note_id
LEFT JOIN creator AS a
    ON a.brand_id = o.brand_id AND a.creator_id = coalesce(c.touch_creator_id, n.creator_id)
LEFT JOIN card_click AS k
    ON k.brand_id = o.brand_id AND k.event_id = c.click_event_id
    AND k.event_source = c.click_source
LEFT JOIN membership AS m
    ON m.brand_id = o.brand_id AND m.group_id = c.group_id
    AND m.member_id = c.membership_member_id AND m.joined_at = c.membership_joined_at
    AND m.n = c.membership_n
WHERE o.brand_id = :brand AND o.order_id = :order
