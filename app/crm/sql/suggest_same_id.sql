-- Grain:  one row that says how far was looked and, beside it, each buyer id that is also the
--         member id of another customer.
-- Reads:  identity, identity_dismissal, brand.
-- Rule:   so many buyer ids are looked at, in their order, whatever is found. With identity_mode
--         shared none needs to be: equal ids are one customer.
WITH looked AS MATERIALIZED (
    SELECT b.id, b.customer_id
    FROM identity AS b
    WHERE b.brand_id = :brand AND b.space = 'buyer' AND b.id > CAST(:after AS text)
        AND (SELECT identity_mode FROM brand WHERE brand_id = :brand) = 'separate'
    ORDER BY b.id
    LIMIT :looked
),
found AS (
    SELECT
        'member' AS one_space, m.id AS one_id, m.customer_id AS one_customer,
        'buyer' AS other_space, l.id AS other_id, l.customer_id AS other_customer, l.id AS place
    FROM looked AS l
    CROSS JOIN LATERAL (
        SELECT m.id, m.customer_id
        FROM identity AS m
        WHERE m.brand_id = :brand AND m.space = 'member' AND m.id = l.id
        OFFSET 0
    ) AS m
    WHERE m.customer_id <> l.customer_id
        AND (
            SELECT true FROM identity_dismissal AS d
            WHERE d.brand_id = :brand AND d.one_space = 'buyer' AND d.one_id = l.id
                AND d.other_space = 'member' AND d.other_id = l.id
            LIMIT 1
        ) IS NULL
    ORDER BY l.id
    LIMIT :most
)
SELECT reach.looked, reach.last, f.*
FROM (SELECT count(*) AS looked, max(id) AS last FROM looked) AS reach
LEFT JOIN found AS f ON true
ORDER BY f.place
