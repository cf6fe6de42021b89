-- Grain:  one row a buyer of the cohort.
-- Reads:  purchase_day, note; segment_member where a segment is asked for.
-- Rule:   docs/metrics.md, "Repurchase", kind cohort, where all that is known has happened.
-- Goes on in repurchase_curve.sql.
WITH cohort AS (
    SELECT
        p.in_group, p.paid_at,
        CASE
            WHEN CAST(:dedupe AS text) = 'day' THEN p.next_at
            ELSE coalesce(p.again_at, p.next_at)
        END AS second_at
    FROM purchase_day AS p
    WHERE p.brand_id = :brand AND p.day >= :first_day AND p.day < :end_day
        AND p.previous_day IS NULL
        AND (CAST(:group_id AS text) IS NULL OR p.group_id = :group_id)
        AND (CAST(:note_id AS text) IS NULL OR p.note_id = :note_id)
        AND (
            CAST(:creator_id AS text) IS NULL
            -- A look-up: as a join it became a loop over all notes of the brand for each buyer.
            OR coalesce(p.touch_creator_id, (
                SELECT n.creator_id FROM note AS n
                WHERE n.brand_id = :brand AND n.note_id = p.note_id
            )) = :creator_id
        )
        AND (CAST(:segment_id AS text) IS NULL OR CAST(:inside AS boolean) = EXISTS (
            SELECT FROM segment_member AS picked WHERE picked.brand_id = :brand
                AND picked.segment_id = :segment_id AND picked.customer_id = p.customer_id
        ))
)
