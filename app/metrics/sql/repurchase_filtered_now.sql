-- Grain:  one row a segment.
-- Reads:  purchase_day, note; segment_member where a segment is asked for.
-- Rule:   docs/metrics.md, "Repurchase", kinds window and returning with a filter on the anchor,
--         where all that is known has happened.
SELECT
    p.in_group,
    count(*) AS buyers,
    count(*) FILTER (WHERE
        CASE
            WHEN CAST(:kind AS text) = 'returning' THEN p.previous_day IS NOT NULL
            ELSE p.next_day < :end
                OR (CAST(:dedupe AS text) = 'none' AND p.again_at IS NOT NULL)
        END
    ) AS hits
FROM purchase_day AS p
LEFT JOIN note AS n ON n.brand_id = :brand AND n.note_id = p.note_id
WHERE p.brand_id = :brand AND p.day >= :start AND p.day < :end
    AND (p.previous_day IS NULL OR p.previous_day < :start)
    AND (CAST(:group_id AS text) IS NULL OR p.group_id = :group_id)
    AND (CAST(:note_id AS text) IS NULL OR p.note_id = :note_id)
    AND (
        CAST(:creator_id AS text) IS NULL
        OR coalesce(p.touch_creator_id, n.creator_id) = :creator_id
    )
    AND (CAST(:segment_id AS text) IS NULL OR CAST(:inside AS boolean) = EXISTS (
        SELECT FROM segment_member AS picked WHERE picked.brand_id = :brand
            AND picked.segment_id = :segment_id AND picked.customer_id = p.customer_id
    ))
GROUP BY p.in_group
