-- Grain:  one row a customer asked for that has an identity.
-- Reads:  identity; joining and order_credit (derived just before).
-- Rule:   docs/customers.md, "What is known of a customer". What is fully refunded by now is no
--         purchase.
WITH person AS MATERIALIZED (
    SELECT i.customer_id, bool_or(i.space = 'member') AS is_member
    FROM unnest(CAST(:customers AS text[])) AS k (id)
    CROSS JOIN LATERAL (
        SELECT n.customer_id, n.space FROM identity AS n
        WHERE n.brand_id = :brand AND n.customer_id = k.id COLLATE "C"
        OFFSET 0 -- a look-up for each, here and below: see order_credit.sql
    ) AS i
    GROUP BY i.customer_id
),
stay AS MATERIALIZED (
    SELECT
        customer_id, count(*) AS memberships,
        count(*) FILTER (WHERE left_at IS NULL) AS open_memberships,
        min(joined_at) FILTER (WHERE is_first) AS first_joined_at,
        min(group_id) FILTER (WHERE is_first) AS first_group_id,
        min(note_id) FILTER (WHERE is_first) AS first_note_id
    FROM unnest(CAST(:customers AS text[])) AS k (id)
    CROSS JOIN LATERAL (
        SELECT s.* FROM joining AS s
        WHERE s.brand_id = :brand AND s.customer_id = k.id COLLATE "C"
        OFFSET 0
    ) AS j
    GROUP BY j.customer_id
),
bought AS MATERIALIZED (
    SELECT
        o.customer_id, count(*) AS orders, sum(o.amount) AS gmv, sum(o.refunded) AS refunded,
        count(*) FILTER (WHERE p.is_purchase) AS purchases,
        count(DISTINCT o.paid_day) FILTER (WHERE p.is_purchase) AS purchase_days,
        min(o.paid_at) FILTER (WHERE p.is_purchase) AS first_paid_at,
        max(o.paid_at) FILTER (WHERE p.is_purchase) AS last_paid_at
    FROM unnest(CAST(:customers AS text[])) AS k (id)
    CROSS JOIN LATERAL (
        SELECT c.* FROM order_credit AS c
        WHERE c.brand_id = :brand AND c.customer_id = k.id COLLATE "C"
        OFFSET 0
    ) AS o
    CROSS JOIN LATERAL (
        SELECT o.amount > 0 AND o.fully_refunded_at IS NULL AS is_purchase
    ) AS p
    GROUP BY o.customer_id
),
derived AS MATERIALIZED (
    SELECT
        c.customer_id, c.is_member, s.first_joined_at, s.first_group_id, s.first_note_id,
        coalesce(s.memberships, 0) AS memberships,
        coalesce(s.open_memberships, 0) AS open_memberships,
        coalesce(b.orders, 0) AS orders, coalesce(b.gmv, 0) AS gmv,
        coalesce(b.refunded, 0) AS refunded,
        -- As much as its column has room for.
        least(coalesce(b.gmv - b.refunded, 0), 9223372036854775807) AS net,
        coalesce(b.purchases, 0) AS purchases, coalesce(b.purchase_days, 0) AS purchase_days,
        b.first_paid_at, b.last_paid_at
    FROM person AS c
    LEFT JOIN stay AS s ON s.customer_id = c.customer_id
    LEFT JOIN bought AS b ON b.customer_id = c.customer_id
)
