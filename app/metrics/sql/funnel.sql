-- Grain:  one row a key: a note, creator, agency, live, kind of source or group; null for none.
-- Reads:  membership, identity, message, order_credit, refund_credit, note, creator, live,
--         chat_group and, by live alone, shop_order; segment_member where a segment is asked for.
-- Rule:   docs/metrics.md, "Funnel". `until` ends H, the days after each joining; it does not end
--         with the membership.
-- Goes on in funnel_rows.sql.
WITH joined AS MATERIALIZED (
    SELECT
        CASE CAST(:by AS text)
            WHEN 'note' THEN m.note_id
            WHEN 'creator' THEN n.creator_id
            WHEN 'mcn' THEN a.mcn
            WHEN 'live' THEN m.live_id
            WHEN 'source_kind' THEN m.source_kind
            WHEN 'group' THEN m.group_id
        END COLLATE "C" AS key,
        i.customer_id, m.group_id, m.joined_at, m.left_at,
        m.joined_at + make_interval(hours => 24 * CAST(:within_days AS integer)) AS until
    FROM membership AS m
    JOIN identity AS i ON i.brand_id = :brand AND i.space = 'member' AND i.id = m.member_id
    -- Look-ups: as joins they became loops over all notes of the brand for each joining.
    LEFT JOIN LATERAL (
        SELECT n.creator_id FROM note AS n
        WHERE CAST(:by AS text) IN ('creator', 'mcn')
            AND n.brand_id = :brand AND n.note_id = m.note_id
        OFFSET 0
    ) AS n ON true
    LEFT JOIN LATERAL (
        SELECT a.mcn FROM creator AS a
        WHERE CAST(:by AS text) = 'mcn' AND a.brand_id = :brand AND a.creator_id = n.creator_id
        OFFSET 0
    ) AS a ON true
    WHERE m.brand_id = :brand
        AND m.joined_at >= :start AND m.joined_at < :end AND m.joined_at < :as_of
        AND (m.left_at IS NULL OR m.left_at > m.joined_at)
        AND (CAST(:segment_id AS text) IS NULL OR CAST(:inside AS boolean) = EXISTS (
            SELECT FROM segment_member AS picked WHERE picked.brand_id = :brand
                AND picked.segment_id = :segment_id AND picked.customer_id = i.customer_id
        ))
),
-- Each customer speaks by any of its member ids. One message is enough, so each joining looks
-- for one: how many messages a group has does not matter.
speaker AS (
    SELECT DISTINCT j.key, j.customer_id
    FROM joined AS j
    JOIN identity AS i
        ON i.brand_id = :brand AND i.customer_id = j.customer_id AND i.space = 'member'
    CROSS JOIN LATERAL (
        SELECT FROM message AS m
        WHERE m.brand_id = :brand AND m.group_id = j.group_id AND m.member_id = i.id
            -- ANY: see joining.sql of derive.
            AND m.sent_at >= ANY (ARRAY[j.joined_at]) AND m.sent_at < ANY (ARRAY[j.until])
            AND m.sent_at < :as_of
            -- The months that are asked about at all.
            AND m.sent_at >= :start AND m.sent_at
                < CAST(:end AS timestamptz) + make_interval(hours => 24 * CAST(:within_days AS integer))
        LIMIT 1
    ) AS said
),
buyer AS (
    SELECT j.key, j.customer_id, min(o.paid_day) < max(o.paid_day) AS repeats
    FROM joined AS j
    JOIN order_credit AS o
        ON o.brand_id = :brand AND o.customer_id = j.customer_id
        AND o.paid_at >= j.joined_at AND o.paid_at < j.until AND o.paid_at < :as_of
    WHERE o.amount > 0 AND (o.fully_refunded_at IS NULL OR o.fully_refunded_at >= :as_of)
    GROUP BY j.key, j.customer_id
),
credited AS (
    SELECT
        CASE CAST(:by AS text)
            WHEN 'note' THEN o.note_id
            WHEN 'creator' THEN coalesce(o.touch_creator_id, n.creator_id)
            WHEN 'mcn' THEN a.mcn
            WHEN 'live' THEN s.touch ->> 'live_id'
            WHEN 'source_kind' THEN m.source_kind
            WHEN 'group' THEN o.group_id
        END COLLATE "C" AS key,
        o.amount,
        CASE
            WHEN o.refunded_until IS NULL THEN o.amount
            WHEN o.refunded_until < :as_of THEN o.amount - o.refunded
            ELSE o.amount - (
                SELECT coalesce(sum(r.amount), 0)
                FROM refund_credit AS r
                WHERE r.brand_id = :brand AND r.order_id = o.order_id AND r.refunded_at < :as_of
            )
        END AS net
    FROM order_credit AS o
    LEFT JOIN LATERAL (
        SELECT n.creator_id FROM note AS n
        WHERE CAST(:by AS text) IN ('creator', 'mcn')
            AND n.brand_id = :brand AND n.note_id = o.note_id
        OFFSET 0
    ) AS n ON true
    LEFT JOIN LATERAL (
        SELECT a.mcn FROM creator AS a
        WHERE CAST(:by AS text) = 'mcn' AND a.brand_id = :brand
            AND a.creator_id = coalesce(o.touch_creator_id, n.creator_id)
        OFFSET 0
    ) AS a ON true
    LEFT JOIN shop_order AS s
        ON CAST(:by AS text) = 'live' AND s.brand_id = :brand AND s.order_id = o.order_id
    LEFT JOIN membership AS m
        ON CAST(:by AS text) = 'source_kind' AND m.brand_id = :brand AND m.group_id = o.group_id
        AND m.member_id = o.membership_member_id AND m.joined_at = o.membership_joined_at
        AND m.n = o.membership_n
    WHERE o.brand_id = :brand
        AND o.paid_at >= :start AND o.paid_at < :end AND o.paid_at < :as_of
        AND (CAST(:segment_id AS text) IS NULL OR CAST(:inside AS boolean) = EXISTS (
            SELECT FROM segment_member AS picked WHERE picked.brand_id = :brand
                AND picked.segment_id = :segment_id AND picked.customer_id = o.customer_id
        ))
),
-- Each step of the funnel by itself; what a step does not count is null in its rows.
step (
    key, joins, joined_customers, mature_joins, ended, speakers, buyers, repeat_buyers,
    credited_orders, credited_gmv, credited_net_gmv
) AS (
    SELECT
        key, count(*), count(DISTINCT customer_id), count(*) FILTER (WHERE until <= :as_of),
        count(*) FILTER (WHERE left_at < until AND left_at < :as_of),
        CAST(NULL AS bigint), CAST(NULL AS bigint), CAST(NULL AS bigint),
        CAST(NULL AS bigint), CAST(NULL AS numeric), CAST(NULL AS numeric)
    FROM joined GROUP BY key
    UNION ALL
    SELECT key, NULL, NULL, NULL, NULL, count(*), NULL, NULL, NULL, NULL, NULL
    FROM speaker GROUP BY key
    UNION ALL
    SELECT
        key, NULL, NULL, NULL, NULL, NULL, count(*), count(*) FILTER (WHERE repeats),
        NULL, NULL, NULL
    FROM buyer GROUP BY key
    UNION ALL
    SELECT key, NULL, NULL, NULL, NULL, NULL, NULL, NULL, count(*), sum(amount), sum(net)
    FROM credited GROUP BY key
)
