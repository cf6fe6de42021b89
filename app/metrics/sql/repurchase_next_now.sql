-- Grain:  one row a segment.
-- Reads:  purchase_day.
-- Rule:   docs/metrics.md, "Repurchase", kind next_period, where all that is known has happened.
--         The first purchase of the window decides the segment; who is retained has a purchase in
--         the following window whose purchase before lies in this one.
WITH buyer AS (
    SELECT p.in_group, count(*) AS buyers
    FROM purchase_day AS p
    WHERE p.brand_id = :brand AND p.day >= :start AND p.day < :end
        AND (p.previous_day IS NULL OR p.previous_day < :start)
    GROUP BY p.in_group
),
retained AS (
    SELECT
        CASE
            WHEN p.second_previous_day >= :start THEN (
                SELECT f.in_group FROM purchase_day AS f
                WHERE f.brand_id = :brand AND f.customer_id = p.customer_id AND f.day >= :start
                ORDER BY f.day
                LIMIT 1
            )
            ELSE p.previous_in_group
        END AS in_group
    FROM purchase_day AS p
    WHERE p.brand_id = :brand AND p.day >= :end AND p.day < :following_end
        AND p.previous_day >= :start AND p.previous_day < :end
)
SELECT
    b.in_group, b.buyers,
    (SELECT count(*) FROM retained AS r WHERE r.in_group = b.in_group) AS hits
FROM buyer AS b
