-- Grain:  one row a remark on any identity of a customer, latest first.
-- Reads:  identity, remark.
SELECT r.remark_id, i.customer_id, r.text, r.made_at, r.made_by, r.changed_at
FROM identity AS i
CROSS JOIN LATERAL (
    SELECT r.*
    FROM remark AS r
    WHERE r.brand_id = :brand AND r.space = i.space AND r.id = i.id
        AND (
            CAST(:at AS timestamptz) IS NULL
            OR (r.made_at, r.remark_id) < (CAST(:at AS timestamptz), CAST(:remark AS text))
        )
    ORDER BY r.made_at DESC, r.remark_id DESC
    LIMIT :most
) AS r
WHERE i.brand_id = :brand AND i.customer_id = :customer
ORDER BY r.made_at DESC, r.remark_id DESC
LIMIT :most
