-- Grain:  one row a local day, dimension and key.
-- Reads:  order_credit, refund_credit.
-- Rule:   docs/metrics.md, "Group share" and "Funnel". Refunds count on the day of their order in
--         `refunded`, and on their own in `paid_back`.
WITH moved AS (
    SELECT
        paid_day AS day, cell, coalesce(group_id, '') AS group_id,
        coalesce(note_id, '') AS note_id, coalesce(touch_creator_id, '') AS creator_id,
        coalesce(touch_live_id, '') AS live_id, coalesce(source_kind, '') AS source_kind,
        1 AS orders, CAST(matched AS integer) AS matched, amount AS gmv, refunded,
        CAST(0 AS bigint) AS paid_back
    FROM order_credit
    WHERE brand_id = :brand AND paid_day = ANY (CAST(:starts AS date[]))
    UNION ALL
    SELECT refunded_day, cell, coalesce(group_id, ''), NULL, NULL, NULL, NULL, 0, 0, 0, 0, amount
    FROM refund_credit
    WHERE brand_id = :brand AND refunded_day = ANY (CAST(:starts AS date[]))
),
derived AS MATERIALIZED (
    SELECT
        CASE grouping(cell, group_id, note_id, live_id, source_kind)
            WHEN 15 THEN 'cell'
            WHEN 23 THEN 'group'
            WHEN 27 THEN 'note'
            WHEN 29 THEN 'live'
            WHEN 30 THEN 'source_kind'
        END AS dimension,
        'day' AS grain, day AS start,
        coalesce(
            cell COLLATE "C", group_id COLLATE "C", note_id COLLATE "C", live_id COLLATE "C",
            source_kind COLLATE "C"
        ) AS key,
        coalesce(creator_id COLLATE "C", '') AS creator_id,
        sum(orders) AS orders, sum(matched) AS matched, sum(gmv) AS gmv,
        sum(refunded) AS refunded, sum(paid_back) AS paid_back
    FROM moved
    GROUP BY GROUPING SETS (
        (day, cell), (day, group_id), (day, note_id, creator_id), (day, live_id), (day, source_kind)
    )
    HAVING coalesce(
        cell COLLATE "C", group_id COLLATE "C", note_id COLLATE "C", live_id COLLATE "C",
        source_kind COLLATE "C"
    ) IS NOT NULL
)
