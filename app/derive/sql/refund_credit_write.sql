-- Goes on from refund_credit.sql.
-- Grain:  one row a local day before today on which money moved by a refund of before today
--         that changed: its own day, and the day on which its order was paid.
-- Reads:  calendar.  Writes: refund_credit.
-- Rule:   rows that did not change are left alone; those that move no money of these customers any more go.
, today AS MATERIALIZED (
    SELECT max(starts_at) AS starts_at FROM calendar
    WHERE timezone = :timezone AND starts_at <= statement_timestamp()
),
gone AS (
    DELETE FROM refund_credit AS c
    WHERE c.brand_id = :brand AND c.customer_id = ANY (CAST(:customers AS text[]))
        AND NOT EXISTS (
            SELECT FROM derived AS d WHERE d.order_id = c.order_id AND d.refund_id = c.refund_id
        )
    RETURNING c.*
),
put AS (
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
    RETURNING c.*
),
-- Every part of a statement sees the tables as they were before it.
was AS (
    SELECT c.* FROM refund_credit AS c
    WHERE c.brand_id = :brand AND c.order_id = ANY (ARRAY(SELECT order_id FROM put))
        AND (c.order_id, c.refund_id) IN (SELECT order_id, refund_id FROM put)
    UNION ALL
    SELECT * FROM gone
),
moved AS MATERIALIZED (
    (SELECT * FROM put EXCEPT SELECT * FROM was)
    UNION ALL
    (SELECT * FROM was EXCEPT SELECT * FROM put)
)
SELECT DISTINCT m.order_id, m.customer_id, d.day
FROM moved AS m
CROSS JOIN today
CROSS JOIN LATERAL (VALUES (m.refunded_at), (m.paid_at)) AS moment (at)
CROSS JOIN LATERAL (
    SELECT c.day FROM calendar AS c
    WHERE c.timezone = :timezone AND c.starts_at <= moment.at
    ORDER BY c.starts_at DESC
    LIMIT 1
) AS d
WHERE m.refunded_at < today.starts_at AND moment.at < today.starts_at
