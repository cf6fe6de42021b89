-- Grain:  one row a refund, that moves money, of a GMV order of the customers asked for.
-- Reads:  order_credit (derived just before), refund, calendar.
-- Rule:   in the order of their times refunds take from the order's amount until nothing is
--         left; what goes beyond it moves nothing. A refund keeps its order's attribution.
WITH credited AS MATERIALIZED (
    SELECT o.order_id, o.customer_id, o.amount, o.paid_at, o.cell, o.group_id
    FROM unnest(CAST(:customers AS text[])) AS k (id)
    CROSS JOIN LATERAL (
        SELECT c.* FROM order_credit AS c
        WHERE c.brand_id = :brand AND c.customer_id = k.id COLLATE "C"
        OFFSET 0 -- a look-up for each, here and below: see order_credit.sql
    ) AS o
),
running AS (
    SELECT
        o.order_id, r.refund_id, o.customer_id, r.refunded_at, r.amount AS asked,
        o.amount - coalesce(sum(r.amount) OVER (
            PARTITION BY o.order_id ORDER BY r.refunded_at, r.refund_id
            ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
        ), 0) AS remaining,
        o.paid_at, o.cell, o.group_id
    FROM credited AS o
    CROSS JOIN LATERAL (
        SELECT f.* FROM refund AS f WHERE f.brand_id = :brand AND f.order_id = o.order_id OFFSET 0
    ) AS r
),
derived AS MATERIALIZED (
    SELECT
        r.order_id, r.refund_id, r.customer_id, r.refunded_at, d.day AS refunded_day,
        CAST(least(r.asked, r.remaining) AS bigint) AS amount,
        r.paid_at, r.cell, r.group_id
    FROM running AS r
    CROSS JOIN LATERAL (
        SELECT c.day FROM calendar AS c
        WHERE c.timezone = :timezone AND c.starts_at <= r.refunded_at
        ORDER BY c.starts_at DESC
        LIMIT 1
    ) AS d
    WHERE r.asked > 0 AND r.remaining > 0
)
