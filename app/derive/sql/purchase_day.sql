-- Grain:  one row a customer asked for and local day on which the customer made purchases.
-- Reads:  order_credit (derived just before).
-- Rule:   docs/metrics.md, "Which orders" and "Repurchase": the first purchase of a day stands for
--         all of it.
WITH purchase AS (
    SELECT
        customer_id, paid_day AS day, paid_at, order_id,
        cell IN ('member_and_touch', 'member_only') AS in_group,
        group_id, note_id, touch_creator_id,
        row_number() OVER of_day AS turn,
        lead(paid_at) OVER of_day AS again_at
    FROM unnest(CAST(:customers AS text[])) AS k (id)
    CROSS JOIN LATERAL (
        SELECT c.* FROM order_credit AS c
        WHERE c.brand_id = :brand AND c.customer_id = k.id COLLATE "C"
        OFFSET 0 -- a look-up for each: see order_credit.sql
    ) AS o
    WHERE amount > 0 AND fully_refunded_at IS NULL
    WINDOW of_day AS (PARTITION BY customer_id, paid_day ORDER BY paid_at, order_id)
),
derived AS MATERIALIZED (
    SELECT
        customer_id, day, paid_at, order_id, again_at, in_group, group_id, note_id,
        touch_creator_id,
        lag(day) OVER of_customer AS previous_day,
        lag(in_group) OVER of_customer AS previous_in_group,
        lag(again_at IS NOT NULL) OVER of_customer AS previous_again,
        lag(day, 2) OVER of_customer AS second_previous_day,
        lead(paid_at) OVER of_customer AS next_at,
        lead(day) OVER of_customer AS next_day
    FROM purchase
    WHERE turn = 1
    WINDOW of_customer AS (PARTITION BY customer_id ORDER BY day)
)
