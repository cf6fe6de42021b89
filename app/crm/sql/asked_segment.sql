-- Grain:  one row a member of a segment, from one customer_id to another, as the identity that
--         this names.
-- Reads:  segment_member, identity.
WITH asked AS MATERIALIZED (
    SELECT i.space, i.id, i.customer_id
    FROM segment_member AS s
    CROSS JOIN LATERAL (
        SELECT i.space, i.id, i.customer_id
        FROM identity AS i
        WHERE i.brand_id = :brand
            AND i.space = CASE left(s.customer_id, 1) WHEN 'm' THEN 'member' ELSE 'buyer' END
            AND i.id = substr(s.customer_id, 3)
        OFFSET 0
    ) AS i
    WHERE s.brand_id = :brand AND s.segment_id = :segment
        AND s.customer_id > CAST(:after AS text)
        AND (CAST(:until AS text) IS NULL OR s.customer_id <= CAST(:until AS text))
)
