-- Goes on from refund_credit.sql.
-- Writes: refund_credit.
-- Rule:   rows that did not change are left alone; those that move no money of these customers any more go.
, gone AS (
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
