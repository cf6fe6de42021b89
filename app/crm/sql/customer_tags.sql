-- Grain:  one row a tag of a customer.
-- Reads:  identity, tagging, tag, tag_group.
SELECT
    t.tag_id, t.name, t.tag_group_id, g.name AS tag_group, h.tagged_at, h.tagged_by
FROM (
    SELECT DISTINCT ON (w.tag_id) w.tag_id, w.tagged_at, w.tagged_by
    FROM identity AS i
    JOIN tagging AS w ON w.brand_id = :brand AND w.space = i.space AND w.id = i.id
    WHERE i.brand_id = :brand AND i.customer_id = :customer
    ORDER BY w.tag_id, w.tagged_at, w.space, w.id
) AS h
JOIN tag AS t ON t.brand_id = :brand AND t.tag_id = h.tag_id
LEFT JOIN tag_group AS g ON g.brand_id = :brand AND g.tag_group_id = t.tag_group_id
ORDER BY g.name NULLS LAST, t.name, t.tag_id
