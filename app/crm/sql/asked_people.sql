-- Grain:  one row an identity asked for that some event names.
-- Reads:  identity.
WITH asked AS MATERIALIZED (
    SELECT i.space, i.id, i.customer_id
    FROM unnest(CAST(:spaces AS text[]), CAST(:ids AS text[])) AS a (space, id)
    CROSS JOIN LATERAL (
        SELECT i.space, i.id, i.customer_id
        FROM identity AS i
        WHERE i.brand_id = :brand AND i.space = a.space AND i.id = a.id
        OFFSET 0
    ) AS i
)
