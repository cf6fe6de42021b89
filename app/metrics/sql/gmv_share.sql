-- Grain:  one row a bucket and cell, and one a credited group over the whole window.
-- Reads:  order_credit, refund_credit, chat_group; segment_member where a segment is asked for.
-- Rule:   docs/metrics.md, "Group share". `gross` counts amounts, `net` takes off what was
--         refunded before as_of, `net_ledger` takes refunds off at their own time.
WITH bucket AS (
    SELECT starts_at, ends_at, n
    FROM unnest(CAST(:starts AS timestamptz[]), CAST(:ends AS timestamptz[]))
        WITH ORDINALITY AS bucket (starts_at, ends_at, n)
),
-- Buckets follow each other, so the place of an instant is found by bisection.
edge AS (
    SELECT min(starts_at) AS starts_at, max(ends_at) AS ends_at,
        array_agg(starts_at ORDER BY starts_at) AS starts
    FROM bucket
),
paid AS (
    SELECT
        width_bucket(o.paid_at, e.starts) AS n, o.cell, o.group_id, o.matched,
        CASE
            WHEN CAST(:basis AS text) <> 'net' OR o.refunded_until IS NULL THEN o.amount
            WHEN o.refunded_until < :as_of THEN o.amount - o.refunded
            ELSE o.amount - (
                SELECT coalesce(sum(r.amount), 0)
                FROM refund_credit AS r
                WHERE r.brand_id = :brand AND r.order_id = o.order_id AND r.refunded_at < :as_of
            )
        END AS gmv
    FROM edge AS e
    JOIN order_credit AS o
        ON o.brand_id = :brand AND o.paid_at >= e.starts_at AND o.paid_at < e.ends_at
        AND o.paid_at < :as_of
        AND (CAST(:segment_id AS text) IS NULL OR CAST(:inside AS boolean) = EXISTS (
            SELECT FROM segment_member AS picked WHERE picked.brand_id = :brand
                AND picked.segment_id = :segment_id AND picked.customer_id = o.customer_id
        ))
),
paid_back AS (
    SELECT width_bucket(r.refunded_at, e.starts) AS n, r.cell, r.group_id, -r.amount AS gmv
    FROM edge AS e
    JOIN refund_credit AS r
        ON r.brand_id = :brand AND r.refunded_at >= e.starts_at AND r.refunded_at < e.ends_at
        AND r.refunded_at < :as_of AND r.paid_at < :as_of
    WHERE CAST(:basis AS text) = 'net_ledger'
        AND (CAST(:segment_id AS text) IS NULL OR CAST(:inside AS boolean) = EXISTS (
            SELECT FROM segment_member AS picked WHERE picked.brand_id = :brand
                AND picked.segment_id = :segment_id AND picked.customer_id = r.customer_id
        ))
),
moved AS (
    SELECT n, cell, group_id, 1 AS orders, CAST(matched AS integer) AS matched, gmv FROM paid
    UNION ALL
    SELECT n, cell, group_id, 0, 0, gmv FROM paid_back
),
summed AS (
    SELECT
        grouping(group_id) AS of_bucket, n, cell, group_id,
        sum(orders) AS orders, sum(matched) AS matched, sum(gmv) AS gmv
    FROM moved
    GROUP BY GROUPING SETS ((n, cell), (group_id))
)
SELECT s.of_bucket, s.n, s.cell, s.group_id, g.name, s.orders, s.matched, s.gmv
FROM summed AS s
LEFT JOIN chat_group AS g ON g.brand_id = :brand AND g.group_id = s.group_id
