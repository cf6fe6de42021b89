-- Goes on from order_credit.sql and what changed.
-- Grain:  one row an order paid before today as it was, and one as it is, where these differ in
--         what numbers of closed days are counted from.
-- Reads:  calendar.
-- Rule:   a full refund of today changes no closed day.
SELECT DISTINCT m.order_id, m.customer_id, m.paid_at, m.day
FROM changed AS c
CROSS JOIN (
    SELECT max(starts_at) AS starts_at FROM calendar
    WHERE timezone = :timezone AND starts_at <= statement_timestamp()
) AS today
CROSS JOIN LATERAL (
    VALUES
        (c.order_id, c.customer_id, c.paid_at, c.paid_day),
        (c.old_order_id, c.old_customer_id, c.old_paid_at, c.old_paid_day)
) AS m (order_id, customer_id, paid_at, day)
WHERE m.paid_at < today.starts_at
    AND (
        c.customer_id, c.paid_at, c.amount, c.cell, c.paid_day,
        CASE WHEN c.fully_refunded_at < today.starts_at THEN c.fully_refunded_at END
    ) IS DISTINCT FROM (
        c.old_customer_id, c.old_paid_at, c.old_amount, c.old_cell, c.old_paid_day,
        CASE WHEN c.old_fully_refunded_at < today.starts_at THEN c.old_fully_refunded_at END
    )
