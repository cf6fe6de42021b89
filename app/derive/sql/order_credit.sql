-- Grain:  one row a GMV order of the customers asked for.
-- Reads:  identity, shop_order, refund, membership, card_click, live, live_view, calendar.
-- Rule:   docs/metrics.md, "Which orders", "Cells", "Credit" and "Lives".
-- Plan:   tables are looked up for each key (OFFSET 0 keeps it so: as the planner takes a brand
--         for a two-hundredth of a table, it read all of the brand for hundreds of keys), steps
--         are joined by hashing (nested loops are switched off where there is a choice): it takes
--         a step of unknown size for one row, and would run it again for each order.
WITH person AS MATERIALIZED (
    SELECT i.customer_id, i.space, i.id
    FROM unnest(CAST(:customers AS text[])) AS k (id)
    CROSS JOIN LATERAL (
        SELECT n.customer_id, n.space, n.id FROM identity AS n
        WHERE n.brand_id = :brand AND n.customer_id = k.id COLLATE "C"
        OFFSET 0
    ) AS i
),
gmv_order AS MATERIALIZED (
    SELECT
        p.customer_id, o.order_id, o.paid_at, o.amount,
        o.touch ->> 'group_id' AS touch_group_id,
        o.touch ->> 'note_id' AS touch_note_id,
        o.touch ->> 'creator_id' AS touch_creator_id,
        o.touch ->> 'live_id' AS touch_live_id
    FROM person AS p
    CROSS JOIN LATERAL (
        SELECT s.order_id, s.paid_at, s.amount, s.touch, s.kind FROM shop_order AS s
        WHERE s.brand_id = :brand AND s.buyer_id = p.id
        OFFSET 0
    ) AS o
    WHERE p.space = 'buyer'
        AND o.paid_at IS NOT NULL
        AND coalesce(o.kind, 'normal') IN ('normal', 'deposit', 'presale')
),
-- The member ids of those who bought: nobody else's stays, clicks and views are asked for.
member AS MATERIALIZED (
    SELECT p.customer_id, p.id
    FROM person AS p
    JOIN (SELECT DISTINCT customer_id FROM gmv_order) AS b USING (customer_id)
    WHERE p.space = 'member'
),
-- An interval of length 0 is evidence, but counts nowhere.
stay AS MATERIALIZED (
    SELECT
        p.customer_id, m.group_id, m.member_id, m.joined_at, m.n, m.left_at, m.note_id,
        m.source_kind
    FROM member AS p
    CROSS JOIN LATERAL (
        SELECT s.* FROM membership AS s WHERE s.brand_id = :brand AND s.member_id = p.id OFFSET 0
    ) AS m
    WHERE m.left_at IS NULL OR m.left_at > m.joined_at
),
click AS MATERIALIZED (
    SELECT p.customer_id, c.group_id, c.clicked_at, c.event_id, c.event_source
    FROM member AS p
    CROSS JOIN LATERAL (
        SELECT s.* FROM card_click AS s WHERE s.brand_id = :brand AND s.member_id = p.id OFFSET 0
    ) AS c
    WHERE CAST(:touch_hours AS integer) > 0
),
-- A live runs from its earliest start to its latest end, and its orders a while longer.
viewed AS MATERIALIZED (
    SELECT p.customer_id, v.live_id, min(v.viewed_at) AS viewed_at
    FROM member AS p
    CROSS JOIN LATERAL (
        SELECT s.live_id, s.viewed_at FROM live_view AS s
        WHERE s.brand_id = :brand AND s.member_id = p.id
        OFFSET 0
    ) AS v
    GROUP BY p.customer_id, v.live_id
),
run AS MATERIALIZED (
    SELECT
        l.live_id, l.started_at,
        coalesce(
            l.ended_at + make_interval(hours => CAST(:live_grace_hours AS integer)), 'infinity'
        ) AS until
    FROM (SELECT DISTINCT live_id FROM viewed) AS v
    CROSS JOIN LATERAL (
        SELECT s.* FROM live AS s WHERE s.brand_id = :brand AND s.live_id = v.live_id OFFSET 0
    ) AS l
    WHERE l.started_at IS NOT NULL
),
last_live AS MATERIALIZED (
    SELECT DISTINCT ON (o.order_id) o.order_id, r.live_id
    FROM gmv_order AS o
    JOIN viewed AS v USING (customer_id)
    JOIN run AS r ON r.live_id = v.live_id
    WHERE o.touch_live_id IS NULL
        AND o.paid_at >= v.viewed_at AND o.paid_at >= r.started_at AND o.paid_at <= r.until
    ORDER BY o.order_id, r.started_at DESC, r.live_id DESC
),
matched AS MATERIALIZED (
    SELECT DISTINCT customer_id FROM member
),
first_stay AS MATERIALIZED (
    SELECT DISTINCT ON (customer_id) customer_id, joined_at, note_id
    FROM stay
    ORDER BY customer_id, joined_at, group_id, member_id
),
open_stay AS MATERIALIZED (
    SELECT DISTINCT ON (o.order_id) o.order_id, s.group_id
    FROM gmv_order AS o
    JOIN stay AS s USING (customer_id)
    WHERE s.joined_at <= o.paid_at AND (s.left_at IS NULL OR s.left_at > o.paid_at)
    ORDER BY o.order_id, s.joined_at DESC, s.group_id DESC
),
last_click AS MATERIALIZED (
    SELECT DISTINCT ON (o.order_id) o.order_id, c.group_id, c.event_id, c.event_source
    FROM gmv_order AS o
    JOIN click AS c USING (customer_id)
    WHERE c.clicked_at <= o.paid_at
        AND c.clicked_at >= o.paid_at - make_interval(hours => CAST(:touch_hours AS integer))
    ORDER BY o.order_id, c.clicked_at DESC, c.event_id DESC, c.event_source DESC
),
credited AS (
    SELECT
        o.*,
        s.order_id IS NOT NULL AS is_member,
        CASE
            WHEN o.touch_group_id IS NOT NULL THEN 'order'
            WHEN c.order_id IS NOT NULL THEN 'click'
        END AS touch_kind,
        CASE WHEN o.touch_group_id IS NULL THEN c.event_id END AS click_event_id,
        CASE WHEN o.touch_group_id IS NULL THEN c.event_source END AS click_source,
        coalesce(o.touch_group_id, c.group_id, s.group_id) AS group_id
    FROM gmv_order AS o
    LEFT JOIN open_stay AS s USING (order_id)
    LEFT JOIN last_click AS c USING (order_id)
),
credited_stay AS MATERIALIZED (
    SELECT DISTINCT ON (o.order_id)
        o.order_id, s.member_id, s.joined_at, s.n, s.note_id, s.source_kind
    FROM credited AS o
    JOIN stay AS s ON s.customer_id = o.customer_id AND s.group_id = o.group_id
    WHERE s.joined_at <= o.paid_at
    ORDER BY
        o.order_id, (s.left_at IS NULL OR s.left_at > o.paid_at) DESC,
        s.joined_at DESC, s.member_id DESC
),
refunded AS MATERIALIZED (
    SELECT
        order_id,
        CAST(least(sum(amount), min(order_amount)) AS bigint) AS refunded,
        max(refunded_at) AS refunded_until,
        min(refunded_at) FILTER (WHERE running >= order_amount) AS fully_refunded_at
    FROM (
        SELECT
            o.order_id, o.amount AS order_amount, r.amount, r.refunded_at,
            sum(r.amount) OVER (PARTITION BY o.order_id ORDER BY r.refunded_at) AS running
        FROM gmv_order AS o
        JOIN refund AS r ON r.order_id = o.order_id
        WHERE r.brand_id = :brand
            AND r.order_id = ANY (ARRAY(SELECT order_id FROM gmv_order))
    ) AS paid_back
    GROUP BY order_id
),
derived AS MATERIALIZED (
    SELECT
        o.order_id, o.customer_id, o.paid_at, d.day AS paid_day, o.amount,
        coalesce(r.refunded, 0) AS refunded, r.refunded_until, r.fully_refunded_at,
        m.customer_id IS NOT NULL AS matched,
        CASE
            WHEN o.is_member AND o.touch_kind IS NOT NULL THEN 'member_and_touch'
            WHEN o.is_member THEN 'member_only'
            WHEN o.touch_kind IS NOT NULL THEN 'touch_only'
            ELSE 'neither'
        END AS cell,
        o.group_id,
        coalesce(o.touch_note_id, s.note_id) AS note_id,
        f.note_id AS first_note_id, f.joined_at AS first_joined_at,
        o.touch_creator_id, o.touch_live_id, coalesce(o.touch_live_id, l.live_id) AS live_id,
        s.source_kind, o.touch_kind, o.click_event_id, o.click_source,
        s.member_id AS membership_member_id, s.joined_at AS membership_joined_at,
        s.n AS membership_n
    FROM credited AS o
    CROSS JOIN LATERAL (
        SELECT c.day FROM calendar AS c
        WHERE c.timezone = :timezone AND c.starts_at <= o.paid_at
        ORDER BY c.starts_at DESC
        LIMIT 1
    ) AS d
    LEFT JOIN last_live AS l USING (order_id)
    LEFT JOIN matched AS m USING (customer_id)
    LEFT JOIN first_stay AS f USING (customer_id)
    LEFT JOIN credited_stay AS s USING (order_id)
    LEFT JOIN refunded AS r USING (order_id)
)
