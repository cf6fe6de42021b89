-- Goes on from order_credit.sql.
-- Grain:  one row an order paid before today as it was, and one as it is, where these differ in
--         what numbers of closed days are counted from.
-- Reads:  calendar.  Writes: order_credit.
-- Rule:   rows that did not change are left alone; those that are no GMV orders of these
--         customers any more go. A full refund of today changes no closed day.
, today AS MATERIALIZED (
    SELECT max(starts_at) AS starts_at FROM calendar
    WHERE timezone = :timezone AND starts_at <= statement_timestamp()
),
gone AS (
    DELETE FROM order_credit AS c
    WHERE c.brand_id = :brand AND c.customer_id = ANY (CAST(:customers AS text[]))
        AND NOT EXISTS (SELECT FROM derived AS d WHERE d.order_id = c.order_id)
    RETURNING c.*
),
put AS (
    INSERT INTO order_credit AS c (
        brand_id, order_id, customer_id, paid_at, paid_day, amount,
        refunded, refunded_until, fully_refunded_at, matched, cell, group_id, note_id,
        first_note_id, first_joined_at, touch_creator_id, touch_kind, click_event_id, click_source,
        membership_member_id, membership_joined_at, membership_n
    )
    SELECT :brand, d.* FROM derived AS d
    ON CONFLICT (brand_id, order_id) DO UPDATE SET
        customer_id = excluded.customer_id,
        paid_at = excluded.paid_at,
        paid_day = excluded.paid_day,
        amount = excluded.amount,
        refunded = excluded.refunded,
        refunded_until = excluded.refunded_until,
        fully_refunded_at = excluded.fully_refunded_at,
        matched = excluded.matched,
        cell = excluded.cell,
        group_id = excluded.group_id,
        note_id = excluded.note_id,
        first_note_id = excluded.first_note_id,
        first_joined_at = excluded.first_joined_at,
        touch_creator_id = excluded.touch_creator_id,
        touch_kind = excluded.touch_kind,
        click_event_id = excluded.click_event_id,
        click_source = excluded.click_source,
        membership_member_id = excluded.membership_member_id,
        membership_joined_at = excluded.membership_joined_at,
        membership_n = excluded.membership_n
    WHERE c.* IS DISTINCT FROM excluded.*
    RETURNING c.*
),
-- Every part of a statement sees the tables as they were before it.
was AS (
    SELECT c.* FROM order_credit AS c
    WHERE c.brand_id = :brand AND c.order_id = ANY (ARRAY(SELECT order_id FROM put))
    UNION ALL
    SELECT * FROM gone
),
before AS MATERIALIZED (
    SELECT order_id, customer_id, paid_at, paid_day, amount, cell,
        CASE WHEN fully_refunded_at < today.starts_at THEN fully_refunded_at END AS ended_at
    FROM was CROSS JOIN today
    WHERE paid_at < today.starts_at
),
after AS MATERIALIZED (
    SELECT order_id, customer_id, paid_at, paid_day, amount, cell,
        CASE WHEN fully_refunded_at < today.starts_at THEN fully_refunded_at END AS ended_at
    FROM put CROSS JOIN today
    WHERE paid_at < today.starts_at
)
SELECT order_id, customer_id, paid_at, paid_day AS day
FROM (
    (SELECT * FROM after EXCEPT SELECT * FROM before)
    UNION ALL
    (SELECT * FROM before EXCEPT SELECT * FROM after)
) AS moved
