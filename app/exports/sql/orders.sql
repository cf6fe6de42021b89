-- Grain:  one row a GMV order paid in the window before as_of, by order_id.
-- Reads:  order_credit, refund_credit, shop_order, chat_group, note, creator, live, live_end,
--         live_view, identity, brand.
-- Rule:   docs/metrics.md, "Which orders", "Cells", "Credit" and "Lives". As of an instant an order
--         cannot count for a live that it does not count for now, as a live's end only comes
--         earlier: so only those are looked at again whose live was given an end since.
-- Plan:   steps are joined by hashing (nested loops are switched off): a loop goes over all notes
--         of the brand for each order.
SELECT
    c.order_id,
    CAST(extract(epoch FROM c.paid_at) * 1000000 AS bigint) AS paid_at,
    c.paid_day, o.buyer_id, c.customer_id, coalesce(o.kind, 'normal') AS kind,
    c.amount, c.paid_back AS refunded, c.amount - c.paid_back AS net,
    c.cell,
    CASE
        WHEN c.touch_kind = 'order' THEN 'touch_by_order'
        WHEN c.touch_kind = 'click' THEN 'touch_by_click'
        WHEN c.cell = 'neither' THEN 'neither'
        ELSE 'member'
    END AS reason,
    c.group_id, g.name AS group_name, c.note_id, n.title AS note_title,
    CASE WHEN c.first_joined_at < :as_of THEN c.first_note_id END AS first_note_id,
    coalesce(c.touch_creator_id, n.creator_id) AS creator_id, a.name AS creator_name, a.mcn,
    CASE
        WHEN c.touch_live_id IS NOT NULL OR l.ended_at IS NULL OR l.ended_at < :as_of
        THEN c.live_id
        ELSE (
            SELECT r.live_id
            FROM identity AS i
            CROSS JOIN LATERAL (
                SELECT v.live_id FROM live_view AS v
                WHERE v.brand_id = :brand AND v.member_id = i.id AND v.viewed_at <= c.paid_at
                OFFSET 0
            ) AS v
            CROSS JOIN LATERAL (
                SELECT r.live_id, r.started_at FROM live AS r
                WHERE r.brand_id = :brand AND r.live_id = v.live_id AND r.started_at <= c.paid_at
                OFFSET 0
            ) AS r
            WHERE i.brand_id = :brand AND i.space = 'member' AND i.customer_id = c.customer_id
                AND c.paid_at <= coalesce(
                    (
                        SELECT max(e.ended_at) FROM live_end AS e
                        WHERE e.brand_id = :brand AND e.live_id = r.live_id AND e.ended_at < :as_of
                    ) + make_interval(hours => (
                        SELECT b.live_grace_hours FROM brand AS b WHERE b.brand_id = :brand
                    )),
                    'infinity'
                )
            ORDER BY r.started_at DESC, r.live_id DESC
            LIMIT 1
        )
    END AS live_id,
    c.source_kind, c.matched,
    c.membership_member_id AS member_id,
    CAST(extract(epoch FROM c.membership_joined_at) * 1000000 AS bigint) AS joined_at,
    c.click_event_id, c.click_source
FROM (
    SELECT
        c.*,
        CASE
            WHEN c.refunded_until IS NULL OR c.refunded_until < :as_of THEN c.refunded
            ELSE (
                SELECT CAST(coalesce(sum(r.amount), 0) AS bigint)
                FROM refund_credit AS r
                WHERE r.brand_id = :brand AND r.order_id = c.order_id AND r.refunded_at < :as_of
            )
        END AS paid_back
    FROM order_credit AS c
    WHERE c.brand_id = :brand AND c.paid_at >= :start AND c.paid_at < :end AND c.paid_at < :as_of
    -- Keeps what was given back from being counted twice.
    OFFSET 0
) AS c
JOIN shop_order AS o
    ON o.brand_id = :brand AND o.order_id = c.order_id
    -- The same instant as the credit's: what else the shop has sold need not be read.
    AND o.paid_at >= :start AND o.paid_at < :end AND o.paid_at < :as_of
LEFT JOIN chat_group AS g ON g.brand_id = :brand AND g.group_id = c.group_id
LEFT JOIN note AS n ON n.brand_id = :brand AND n.note_id = c.note_id
LEFT JOIN creator AS a
    ON a.brand_id = :brand AND a.creator_id = coalesce(c.touch_creator_id, n.creator_id)
LEFT JOIN live AS l ON l.brand_id = :brand AND l.live_id = c.live_id
ORDER BY c.order_id
