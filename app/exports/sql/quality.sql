-- Grain:  one row.
-- Reads:  dead_letter, membership_event, order_credit, refund, shop_order.
-- Rule:   what makes numbers of the window doubtful, known at the snapshot.
SELECT
    (
        SELECT count(*) FROM dead_letter AS d
        WHERE d.brand_id = :brand AND d.first_seen >= :start AND d.first_seen < :end
    ) AS dead_letters_in_window,
    (
        SELECT count(*) FROM membership_event AS e
        WHERE e.brand_id = :brand AND e.suspect
            AND e.at >= :start AND e.at < :end AND e.at < :as_of
    ) AS suspect_snapshots,
    (
        SELECT count(*)
        FROM order_credit AS c
        CROSS JOIN LATERAL (
            SELECT sum(r.amount) AS amount FROM refund AS r
            WHERE r.brand_id = :brand AND r.order_id = c.order_id AND r.refunded_at < :as_of
        ) AS back
        WHERE c.brand_id = :brand AND c.refunded > 0
            AND c.paid_at >= :start AND c.paid_at < :end AND c.paid_at < :as_of
            AND back.amount > c.amount
    ) AS refund_surplus,
    (
        SELECT count(*) FROM shop_order AS o
        WHERE o.brand_id = :brand AND o.buyer_id IS NULL
            AND o.paid_at >= :start AND o.paid_at < :end AND o.paid_at < :as_of
    ) AS orders_without_buyer
