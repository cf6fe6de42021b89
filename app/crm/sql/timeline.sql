-- Grain:  one row something that happened with a customer, newest first, one page of it.
-- Reads:  identity, membership, message, card_click, live_view, direct_message, shop_order, refund,
--         tagging, tag, remark, chat_group, note, live.
-- Rule:   docs/customers.md, "Timeline". Ties are broken by kind, then by `ref`, a hash of the
--         key. A page goes on after (:until, :kind, :ref).
-- Plan:   each kind of each identity gives what the page can show of it, out of its index by time:
--         a page costs the same however much there is before it. Only the orders of a buyer are
--         all read.
WITH person AS MATERIALIZED (
    SELECT space, id FROM identity WHERE brand_id = :brand AND customer_id = :customer
),
happened AS (
    (SELECT h.*, p.space, p.id
    FROM person AS p
    CROSS JOIN LATERAL (
        SELECT
            t.joined_at AS at, 'join' COLLATE "C" AS kind, r.ref,
            jsonb_build_object(
                'group_id', t.group_id, 'source_kind', t.source_kind, 'note_id', t.note_id,
                'live_id', t.live_id, 'inviter_member_id', t.inviter_member_id,
                'inferred', t.join_inferred
            ) AS detail
        FROM membership AS t
        CROSS JOIN LATERAL (
            SELECT md5(CAST(jsonb_build_array(
                t.group_id, t.member_id, t.n
            ) AS text)) COLLATE "C" AS ref
        ) AS r
        WHERE t.brand_id = :brand AND t.member_id = p.id
            AND (t.left_at IS NULL OR t.left_at > t.joined_at)
            AND t.joined_at <= coalesce(CAST(:until AS timestamptz), 'infinity')
            AND (t.joined_at, 'join' COLLATE "C", r.ref)
                < (coalesce(CAST(:until AS timestamptz), 'infinity'), :kind, :ref)
        ORDER BY 1 DESC, 3 DESC
        LIMIT :most
    ) AS h
    WHERE p.space = 'member' AND 'join' = ANY (CAST(:kinds AS text[]))
    ORDER BY 1 DESC, 3 DESC
    LIMIT :most)
    UNION ALL
    (SELECT h.*, p.space, p.id
    FROM person AS p
    CROSS JOIN LATERAL (
        SELECT
            t.left_at AS at, 'leave' COLLATE "C" AS kind, r.ref,
            jsonb_build_object(
                'group_id', t.group_id, 'reason', t.leave_reason, 'inferred', t.leave_inferred
            ) AS detail
        FROM membership AS t
        CROSS JOIN LATERAL (
            SELECT md5(CAST(jsonb_build_array(
                t.group_id, t.member_id, t.joined_at, t.n
            ) AS text)) COLLATE "C" AS ref
        ) AS r
        WHERE t.brand_id = :brand AND t.member_id = p.id AND t.left_at > t.joined_at
            AND t.left_at <= coalesce(CAST(:until AS timestamptz), 'infinity')
            AND (t.left_at, 'leave' COLLATE "C", r.ref)
                < (coalesce(CAST(:until AS timestamptz), 'infinity'), :kind, :ref)
        ORDER BY 1 DESC, 3 DESC
        LIMIT :most
    ) AS h
    WHERE p.space = 'member' AND 'leave' = ANY (CAST(:kinds AS text[]))
    ORDER BY 1 DESC, 3 DESC
    LIMIT :most)
    UNION ALL
    (SELECT h.*, p.space, p.id
    FROM person AS p
    CROSS JOIN LATERAL (
        SELECT
            t.sent_at AS at, 'message' COLLATE "C" AS kind, r.ref,
            jsonb_build_object(
                'group_id', t.group_id, 'message_id', t.message_id, 'message_kind', t.kind,
                'text', t.text, 'recalled_at', t.recalled_at, 'note_id', t.card -> 'note_id',
                'live_id', t.card -> 'live_id', 'sku', t.card -> 'sku'
            ) AS detail
        FROM message AS t
        CROSS JOIN LATERAL (
            SELECT md5(CAST(jsonb_build_array(
                t.group_id, t.message_id
            ) AS text)) COLLATE "C" AS ref
        ) AS r
        WHERE t.brand_id = :brand AND t.member_id = p.id
            AND t.sent_at <= coalesce(CAST(:until AS timestamptz), 'infinity')
            AND (t.sent_at, 'message' COLLATE "C", r.ref)
                < (coalesce(CAST(:until AS timestamptz), 'infinity'), :kind, :ref)
        ORDER BY 1 DESC, 3 DESC
        LIMIT :most
    ) AS h
    WHERE p.space = 'member' AND 'message' = ANY (CAST(:kinds AS text[]))
    ORDER BY 1 DESC, 3 DESC
    LIMIT :most)
    UNION ALL
    (SELECT h.*, p.space, p.id
    FROM person AS p
    CROSS JOIN LATERAL (
        SELECT
            t.clicked_at AS at, 'click' COLLATE "C" AS kind, r.ref,
            jsonb_build_object(
                'group_id', t.group_id, 'message_id', t.message_id, 'note_id', t.note_id,
                'live_id', t.live_id, 'sku', t.sku
            ) AS detail
        FROM card_click AS t
        CROSS JOIN LATERAL (
            SELECT md5(CAST(jsonb_build_array(
                t.event_id, t.event_source
            ) AS text)) COLLATE "C" AS ref
        ) AS r
        WHERE t.brand_id = :brand AND t.member_id = p.id
            AND t.clicked_at <= coalesce(CAST(:until AS timestamptz), 'infinity')
            AND (t.clicked_at, 'click' COLLATE "C", r.ref)
                < (coalesce(CAST(:until AS timestamptz), 'infinity'), :kind, :ref)
        ORDER BY 1 DESC, 3 DESC
        LIMIT :most
    ) AS h
    WHERE p.space = 'member' AND 'click' = ANY (CAST(:kinds AS text[]))
    ORDER BY 1 DESC, 3 DESC
    LIMIT :most)
    UNION ALL
    (SELECT h.*, p.space, p.id
    FROM person AS p
    CROSS JOIN LATERAL (
        SELECT
            t.viewed_at AS at, 'live_view' COLLATE "C" AS kind, r.ref,
            jsonb_build_object(
                'live_id', t.live_id, 'group_id', t.group_id
            ) AS detail
        FROM live_view AS t
        CROSS JOIN LATERAL (
            SELECT md5(CAST(jsonb_build_array(
                t.event_id, t.event_source
            ) AS text)) COLLATE "C" AS ref
        ) AS r
        WHERE t.brand_id = :brand AND t.member_id = p.id
            AND t.viewed_at <= coalesce(CAST(:until AS timestamptz), 'infinity')
            AND (t.viewed_at, 'live_view' COLLATE "C", r.ref)
                < (coalesce(CAST(:until AS timestamptz), 'infinity'), :kind, :ref)
        ORDER BY 1 DESC, 3 DESC
        LIMIT :most
    ) AS h
    WHERE p.space = 'member' AND 'live_view' = ANY (CAST(:kinds AS text[]))
    ORDER BY 1 DESC, 3 DESC
    LIMIT :most)
    UNION ALL
    (SELECT h.*, p.space, p.id
    FROM person AS p
    CROSS JOIN LATERAL (
        SELECT
            t.sent_at AS at, 'direct_message' COLLATE "C" AS kind, r.ref,
            jsonb_build_object(
                'message_id', t.message_id, 'direction', t.direction, 'text', t.text
            ) AS detail
        FROM direct_message AS t
        CROSS JOIN LATERAL (
            SELECT md5(CAST(jsonb_build_array(
                t.message_id
            ) AS text)) COLLATE "C" AS ref
        ) AS r
        WHERE t.brand_id = :brand AND t.member_id = p.id
            AND t.sent_at <= coalesce(CAST(:until AS timestamptz), 'infinity')
            AND (t.sent_at, 'direct_message' COLLATE "C", r.ref)
                < (coalesce(CAST(:until AS timestamptz), 'infinity'), :kind, :ref)
        ORDER BY 1 DESC, 3 DESC
        LIMIT :most
    ) AS h
    WHERE p.space = 'member' AND 'direct_message' = ANY (CAST(:kinds AS text[]))
    ORDER BY 1 DESC, 3 DESC
    LIMIT :most)
    UNION ALL
    (SELECT h.*, p.space, p.id
    FROM person AS p
    CROSS JOIN LATERAL (
        SELECT
            s.at AS at, 'order' COLLATE "C" AS kind, r.ref,
            jsonb_build_object(
                'order_id', t.order_id, 'state', s.state, 'amount', t.amount,
                'order_kind', coalesce(t.kind, 'normal')
            ) AS detail
        FROM shop_order AS t
        CROSS JOIN LATERAL (
            VALUES
                ('placed', t.placed_at), ('paid', t.paid_at),
                ('cancelled', t.cancelled_at), ('completed', t.completed_at)
        ) AS s (state, at)
        CROSS JOIN LATERAL (
            SELECT md5(CAST(jsonb_build_array(
                t.order_id, s.state
            ) AS text)) COLLATE "C" AS ref
        ) AS r
        WHERE t.brand_id = :brand AND t.buyer_id = p.id
            AND s.at <= coalesce(CAST(:until AS timestamptz), 'infinity')
            AND (s.at, 'order' COLLATE "C", r.ref)
                < (coalesce(CAST(:until AS timestamptz), 'infinity'), :kind, :ref)
        ORDER BY 1 DESC, 3 DESC
        LIMIT :most
    ) AS h
    WHERE p.space = 'buyer' AND 'order' = ANY (CAST(:kinds AS text[]))
    ORDER BY 1 DESC, 3 DESC
    LIMIT :most)
    UNION ALL
    (SELECT h.*, p.space, p.id
    FROM person AS p
    CROSS JOIN LATERAL (
        SELECT
            f.refunded_at AS at, 'refund' COLLATE "C" AS kind, r.ref,
            jsonb_build_object(
                'order_id', f.order_id, 'refund_id', f.refund_id, 'amount', f.amount,
                'reason', f.reason
            ) AS detail
        FROM shop_order AS t
        JOIN refund AS f ON f.brand_id = :brand AND f.order_id = t.order_id
        CROSS JOIN LATERAL (
            SELECT md5(CAST(jsonb_build_array(
                f.order_id, f.refund_id
            ) AS text)) COLLATE "C" AS ref
        ) AS r
        WHERE t.brand_id = :brand AND t.buyer_id = p.id
            AND f.refunded_at <= coalesce(CAST(:until AS timestamptz), 'infinity')
            AND (f.refunded_at, 'refund' COLLATE "C", r.ref)
                < (coalesce(CAST(:until AS timestamptz), 'infinity'), :kind, :ref)
        ORDER BY 1 DESC, 3 DESC
        LIMIT :most
    ) AS h
    WHERE p.space = 'buyer' AND 'refund' = ANY (CAST(:kinds AS text[]))
    ORDER BY 1 DESC, 3 DESC
    LIMIT :most)
    UNION ALL
    (SELECT h.*, p.space, p.id
    FROM person AS p
    CROSS JOIN LATERAL (
        SELECT
            t.tagged_at AS at, 'tag' COLLATE "C" AS kind, r.ref,
            jsonb_build_object(
                'tag_id', t.tag_id, 'name', g.name, 'by', t.tagged_by
            ) AS detail
        FROM tagging AS t
        JOIN tag AS g ON g.brand_id = :brand AND g.tag_id = t.tag_id
        CROSS JOIN LATERAL (
            SELECT md5(CAST(jsonb_build_array(
                t.tag_id, t.space, t.id
            ) AS text)) COLLATE "C" AS ref
        ) AS r
        WHERE t.brand_id = :brand AND t.space = p.space AND t.id = p.id
            AND t.tagged_at <= coalesce(CAST(:until AS timestamptz), 'infinity')
            AND (t.tagged_at, 'tag' COLLATE "C", r.ref)
                < (coalesce(CAST(:until AS timestamptz), 'infinity'), :kind, :ref)
        ORDER BY 1 DESC, 3 DESC
        LIMIT :most
    ) AS h
    WHERE 'tag' = ANY (CAST(:kinds AS text[]))
    ORDER BY 1 DESC, 3 DESC
    LIMIT :most)
    UNION ALL
    (SELECT h.*, p.space, p.id
    FROM person AS p
    CROSS JOIN LATERAL (
        SELECT
            t.made_at AS at, 'remark' COLLATE "C" AS kind, r.ref,
            jsonb_build_object(
                'remark_id', t.remark_id, 'text', t.text, 'by', t.made_by
            ) AS detail
        FROM remark AS t
        CROSS JOIN LATERAL (
            SELECT md5(CAST(jsonb_build_array(
                t.remark_id
            ) AS text)) COLLATE "C" AS ref
        ) AS r
        WHERE t.brand_id = :brand AND t.space = p.space AND t.id = p.id
            AND t.made_at <= coalesce(CAST(:until AS timestamptz), 'infinity')
            AND (t.made_at, 'remark' COLLATE "C", r.ref)
                < (coalesce(CAST(:until AS timestamptz), 'infinity'), :kind, :ref)
        ORDER BY 1 DESC, 3 DESC
        LIMIT :most
    ) AS h
    WHERE 'remark' = ANY (CAST(:kinds AS text[]))
    ORDER BY 1 DESC, 3 DESC
    LIMIT :most)
),
page AS MATERIALIZED (
    SELECT * FROM happened ORDER BY at DESC, kind DESC, ref DESC LIMIT :most
)
SELECT
    p.at, p.kind, p.ref, p.space, p.id,
    CAST(jsonb_strip_nulls(p.detail || jsonb_build_object(
        'group_name', g.name, 'note_title', n.title, 'live_title', l.title
    )) AS text) AS detail
FROM page AS p
LEFT JOIN LATERAL (
    SELECT name FROM chat_group WHERE brand_id = :brand AND group_id = p.detail ->> 'group_id'
    OFFSET 0
) AS g ON true
LEFT JOIN LATERAL (
    SELECT title FROM note WHERE brand_id = :brand AND note_id = p.detail ->> 'note_id'
    OFFSET 0
) AS n ON true
LEFT JOIN LATERAL (
    SELECT title FROM live WHERE brand_id = :brand AND live_id = p.detail ->> 'live_id'
    OFFSET 0
) AS l ON true
ORDER BY p.at DESC, p.kind DESC, p.ref DESC
