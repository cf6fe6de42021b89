-- Grain:  one row a tag that an identity of the customer has.
-- Reads:  identity, tagging, tag, tag_group.
SELECT t.tag_id, t.name, t.tag_group_id, g.name AS tag_group_name, min(h.tagged_at) AS tagged_at
FROM identity AS i
CROSS JOIN LATERAL (
    SELECT tag_id, tagged_at FROM tagging
    WHERE brand_id = :brand AND space = i.space AND id = i.id
    OFFSET 0
) AS h
JOIN tag AS t ON t.brand_id = :brand AND t.tag_id = h.tag_id
LEFT JOIN tag_group AS g ON g.brand_id = :brand AND g.tag_group_id = t.tag_group_id
WHERE i.brand_id = :brand AND i.customer_id = :customer
GROUP BY t.tag_id, t.name, t.tag_group_id, g.name
ORDER BY g.name NULLS LAST, t.name, t.tag_id
