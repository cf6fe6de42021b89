-- Grain:  one row a key and step of the funnel.
-- Reads:  joining, order_credit, segment_member, note, creator.
-- Rule:   docs/metrics.md, "Funnel", where all that is known has happened, of the customers in a
--         segment or of all others: sums know no customers, so credits are those of the orders.
--         `until` ends H, the days after each joining.
-- Goes on in funnel_rows.sql.
WITH joined AS (
    SELECT
        CASE CAST(:by AS text)
            WHEN 'note' THEN j.note_id
            WHEN 'creator' THEN n.creator_id
            WHEN 'mcn' THEN a.mcn
            WHEN 'live' THEN j.live_id
            WHEN 'source_kind' THEN j.source_kind
            WHEN 'group' THEN j.group_id
        END COLLATE "C" AS key,
        j.customer_id, j.left_at, j.first_spoke_at, j.bought_at, j.bought_day, j.bought_again_at,
        j.joined_at + make_interval(hours => 24 * CAST(:within_days AS integer)) AS until
    FROM joining AS j
    LEFT JOIN note AS n
        ON CAST(:by AS text) IN ('creator', 'mcn')
        AND n.brand_id = :brand AND n.note_id = j.note_id
    LEFT JOIN creator AS a
        ON CAST(:by AS text) = 'mcn' AND a.brand_id = :brand AND a.creator_id = n.creator_id
    WHERE j.brand_id = :brand AND j.joined_at >= :start AND j.joined_at < :end
        AND CAST(:inside AS boolean) = EXISTS (
            SELECT FROM segment_member AS picked WHERE picked.brand_id = :brand
                AND picked.segment_id = :segment_id AND picked.customer_id = j.customer_id
        )
),
-- Who joined more than once from one key counts once. Where no joining of theirs was followed by
-- purchases on two days, each was followed by those of one day at most: that of `bought_day`.
customer AS (
    SELECT
        key, count(*) AS joins,
        count(*) FILTER (WHERE until <= :as_of) AS mature_joins,
        count(*) FILTER (WHERE left_at < until) AS ended,
        bool_or(first_spoke_at < until) AS speaks,
        bool_or(bought_at < until) AS buys,
        bool_or(bought_again_at < until)
        OR min(bought_day) FILTER (WHERE bought_at < until)
            < max(bought_day) FILTER (WHERE bought_at < until) AS repeats
    FROM joined
    GROUP BY key, customer_id
),
credited AS (
    SELECT
        CASE CAST(:by AS text)
            WHEN 'note' THEN o.note_id
            WHEN 'creator' THEN coalesce(o.touch_creator_id, n.creator_id)
            WHEN 'mcn' THEN a.mcn
            WHEN 'live' THEN o.touch_live_id
            WHEN 'source_kind' THEN o.source_kind
            WHEN 'group' THEN o.group_id
        END COLLATE "C" AS key,
        1 AS orders, o.amount AS gmv, o.amount - o.refunded AS net
    FROM order_credit AS o
    LEFT JOIN note AS n
        ON CAST(:by AS text) IN ('creator', 'mcn') AND n.brand_id = :brand AND n.note_id = o.note_id
    LEFT JOIN creator AS a
        ON CAST(:by AS text) = 'mcn' AND a.brand_id = :brand
        AND a.creator_id = coalesce(o.touch_creator_id, n.creator_id)
    WHERE o.brand_id = :brand AND o.paid_day >= :first_day AND o.paid_day < :end_day
        AND CAST(:inside AS boolean) = EXISTS (
            SELECT FROM segment_member AS picked WHERE picked.brand_id = :brand
                AND picked.segment_id = :segment_id AND picked.customer_id = o.customer_id
        )
),
-- Each step of the funnel by itself; what a step does not count is null in its rows.
step (
    key, joins, joined_customers, mature_joins, ended, speakers, buyers, repeat_buyers,
    credited_orders, credited_gmv, credited_net_gmv
) AS (
    SELECT
        key, sum(joins), count(*), sum(mature_joins), sum(ended), count(*) FILTER (WHERE speaks),
        count(*) FILTER (WHERE buys), count(*) FILTER (WHERE repeats),
        CAST(NULL AS numeric), CAST(NULL AS numeric), CAST(NULL AS numeric)
    FROM customer GROUP BY key
    UNION ALL
    SELECT key, NULL, NULL, NULL, NULL, NULL, NULL, NULL, sum(orders), sum(gmv), sum(net)
    FROM credited GROUP BY key
)
