-- Grain:  one row: the GMV orders paid in the window before as_of, as the shop's events tell them.
-- Reads:  shop_order.
-- Rule:   docs/metrics.md, "Which orders". Nothing derived is read: it is to be compared with.
SELECT count(*) AS orders, coalesce(sum(o.amount), 0) AS gmv
FROM shop_order AS o
WHERE o.brand_id = :brand
    AND o.paid_at >= :start AND o.paid_at < :end AND o.paid_at < :as_of
    AND coalesce(o.kind, 'normal') IN ('normal', 'deposit', 'presale')
    AND o.buyer_id IS NOT NULL
