-- Grain:  one row.
-- Reads:  joining, order_credit; segment_member where a segment is asked for.
-- Rule:   docs/metrics.md, "Before and after joining", where all that is known has happened, for
--         at most 90 days on each side: orders so near to their customer's first joining have an
--         index of their own.
WITH side AS (
    SELECT
        o.customer_id, o.paid_at >= o.first_joined_at AS is_after,
        count(DISTINCT o.paid_day) FILTER (
            WHERE o.amount > 0 AND o.fully_refunded_at IS NULL
        ) AS purchases,
        sum(o.amount) AS gmv
    FROM order_credit AS o
    CROSS JOIN (
        SELECT make_interval(hours => 24 * CAST(:days AS integer)) AS span
    ) AS within
    WHERE o.brand_id = :brand
        AND o.first_joined_at >= :start AND o.first_joined_at < :end
        AND o.first_joined_at <= CAST(:as_of AS timestamptz) - within.span
        AND o.paid_at - o.first_joined_at >= INTERVAL '-90 days'
        AND o.paid_at - o.first_joined_at <= INTERVAL '90 days'
        AND o.paid_at >= o.first_joined_at - within.span
        AND o.paid_at < o.first_joined_at + within.span
        AND (CAST(:segment_id AS text) IS NULL OR CAST(:inside AS boolean) = EXISTS (
            SELECT FROM segment_member AS picked WHERE picked.brand_id = :brand
                AND picked.segment_id = :segment_id AND picked.customer_id = o.customer_id
        ))
    GROUP BY o.customer_id, is_after
)
SELECT
    (
        SELECT count(*) FROM joining AS j
        WHERE j.brand_id = :brand AND j.is_first AND j.joined_at >= :start AND j.joined_at < :end
            AND j.joined_at
                <= CAST(:as_of AS timestamptz) - make_interval(hours => 24 * CAST(:days AS integer))
            AND (CAST(:segment_id AS text) IS NULL OR CAST(:inside AS boolean) = EXISTS (
                SELECT FROM segment_member AS picked WHERE picked.brand_id = :brand
                    AND picked.segment_id = :segment_id AND picked.customer_id = j.customer_id
            ))
    ) AS customers,
    count(*) FILTER (WHERE NOT is_after AND purchases > 0) AS buyers_before,
    coalesce(sum(purchases) FILTER (WHERE NOT is_after), 0) AS purchases_before,
    coalesce(sum(gmv) FILTER (WHERE NOT is_after), 0) AS gmv_before,
    count(*) FILTER (WHERE is_after AND purchases > 0) AS buyers_after,
    coalesce(sum(purchases) FILTER (WHERE is_after), 0) AS purchases_after,
    coalesce(sum(gmv) FILTER (WHERE is_after), 0) AS gmv_after
FROM side
