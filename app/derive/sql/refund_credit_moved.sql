-- Goes on from refund_credit.sql and what changed.
-- Grain:  one row a local day before today on which money moved by a refund of before today
--         that changed: its own day, and the day on which its order was paid.
-- Reads:  calendar.
SELECT DISTINCT m.order_id, m.customer_id, d.day
FROM changed AS c
CROSS JOIN (
    SELECT max(starts_at) AS starts_at FROM calendar
    WHERE timezone = :timezone AND starts_at <= statement_timestamp()
) AS today
CROSS JOIN LATERAL (
    VALUES
        (c.order_id, c.customer_id, c.refunded_at, c.refunded_at),
        (c.order_id, c.customer_id, c.refunded_at, c.paid_at),
        (c.old_order_id, c.old_customer_id, c.old_refunded_at, c.old_refunded_at),
        (c.old_order_id, c.old_customer_id, c.old_refunded_at, c.old_paid_at)
) AS m (order_id, customer_id, refunded_at, at)
CROSS JOIN LATERAL (
    SELECT k.day FROM calendar AS k
    WHERE k.timezone = :timezone AND k.starts_at <= m.at
    ORDER BY k.starts_at DESC
    LIMIT 1
) AS d
WHERE m.refunded_at < today.starts_at AND m.at < today.starts_at
