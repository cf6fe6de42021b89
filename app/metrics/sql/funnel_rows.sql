-- Goes on from funnel.sql or funnel_now.sql.
-- Reads:  note, creator, live, chat_group, for the names.
, counted AS (
    SELECT
        key,
        coalesce(sum(joins), 0) AS joins,
        coalesce(sum(joined_customers), 0) AS joined_customers,
        coalesce(sum(mature_joins), 0) AS mature_joins,
        coalesce(sum(ended), 0) AS left,
        coalesce(sum(speakers), 0) AS speakers,
        coalesce(sum(buyers), 0) AS buyers,
        coalesce(sum(repeat_buyers), 0) AS repeat_buyers,
        coalesce(sum(credited_orders), 0) AS credited_orders,
        coalesce(sum(credited_gmv), 0) AS credited_gmv,
        coalesce(sum(credited_net_gmv), 0) AS credited_net_gmv
    FROM step GROUP BY key
)
SELECT
    c.*,
    CASE CAST(:by AS text)
        WHEN 'note' THEN n.title
        WHEN 'creator' THEN a.name
        WHEN 'live' THEN l.title
        WHEN 'group' THEN g.name
        ELSE c.key
    END AS name
FROM counted AS c
LEFT JOIN note AS n ON CAST(:by AS text) = 'note' AND n.brand_id = :brand AND n.note_id = c.key
LEFT JOIN creator AS a
    ON CAST(:by AS text) = 'creator' AND a.brand_id = :brand AND a.creator_id = c.key
LEFT JOIN live AS l ON CAST(:by AS text) = 'live' AND l.brand_id = :brand AND l.live_id = c.key
LEFT JOIN chat_group AS g
    ON CAST(:by AS text) = 'group' AND g.brand_id = :brand AND g.group_id = c.key
