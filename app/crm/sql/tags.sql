-- Grain:  one row a tag, by name.
-- Reads:  tag.
SELECT t.tag_id, t.name, t.tag_group_id, t.created_at
FROM tag AS t
WHERE t.brand_id = :brand
    AND (CAST(:group AS text) IS NULL OR t.tag_group_id = CAST(:group AS text))
    AND (
        CAST(:name AS text) IS NULL
        OR (t.name, t.tag_id) > (CAST(:name AS text), CAST(:tag AS text))
    )
ORDER BY t.name, t.tag_id
LIMIT :most
