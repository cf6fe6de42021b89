-- Grain:  one row a refund, that moves money, of a GMV order of the customers asked for.
-- Reads:  order_credit (derived just before), refund.
-- Writes: refund_credit.
-- Rule:   in the order of their times refunds take from the order's amount until nothing is
--         left; what goes beyond it moves nothing. A refund keeps its order's attribution.
WITH running AS (
    SELECT
        o.order_id, r.refund_id, o.customer_id, r.refunded_at, r.amount AS asked,
        o.amount - coalesce(sum(r.amount) OVER (
            PARTITION BY o.order_id ORDER BY r.refunded_at, r.refund_id
            ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
        ), 0) AS remaining,
        o.paid_at, o.cell, o.group_id
    FROM order_credit AS o
    JOIN refund AS r ON r.brand_id = :brand AND r.order_id = o.order_id
    WHERE o.brand_id = :brand AND o.customer_id = ANY (CAST(:customers AS text[]))
),
derived AS MATERIALIZED (
    SELECT
        order_id, refund_id, customer_id, refunded_at,
        CAST(least(asked, remaining) AS bigint) AS amount,
        paid_at, cell, group_id
    FROM running
    WHERE asked > 0 AND remaining > 0
),
gone AS (
    DELETE FROM refund_credit AS c
    WHERE c.brand_id = :brand AND c.customer_id = ANY (CAST(:customers AS text[]))
        AND NOT EXISTS (
            SELECT FROM derived AS d WHERE d.order_id = c.order_id AND d.refund_id = c.refund_id
        )
)
INSERT INTO refund_credit AS c (
    brand_id, order_id, refund_id, customer_id, refunded_at, amount, paid_at, cell, group_id
)
SELECT :brand, d.* FROM derived AS d
ON CONFLICT (brand_id, order_id, refund_id) DO UPDATE SET
    customer_id = excluded.customer_id,
    refunded_at = excluded.refunded_at,
    amount = excluded.amount,
    paid_at = excluded.paid_at,
    cell = excluded.cell,
    group_id = excluded.group_id
WHERE c.* IS DISTINCT FROM excluded.*
