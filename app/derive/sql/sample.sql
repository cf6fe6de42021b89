-- Grain:  one row a customer of tonight's sample.
-- Reads:  identity, order_credit, refund_credit, customer, verification.
-- Rule:   first those who were wrong the last time, then who comes first by a hash of the night.
WITH again AS (
    SELECT unnest(wrong) AS customer_id
    FROM (
        SELECT wrong FROM verification WHERE brand_id = :brand ORDER BY ran_at DESC LIMIT 1
    ) AS last
)
SELECT customer_id
FROM (
    SELECT customer_id, 0 AS turn FROM again
    UNION ALL
    SELECT customer_id, 1 FROM identity WHERE brand_id = :brand
    UNION ALL
    SELECT customer_id, 1 FROM order_credit WHERE brand_id = :brand
    UNION ALL
    SELECT customer_id, 1 FROM refund_credit WHERE brand_id = :brand
    UNION ALL
    SELECT customer_id, 1 FROM customer WHERE brand_id = :brand
) AS buyer
GROUP BY customer_id
ORDER BY min(turn), hashtextextended(customer_id, CAST(:night AS bigint)), customer_id
LIMIT :most
