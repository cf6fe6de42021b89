-- Grain:  one row a statement that names an identity of a customer: a merge by an operator, also
--         one that was undone, or the link of an event.
-- Reads:  identity, identity_merge, identity_link.
WITH person AS MATERIALIZED (
    SELECT i.space, i.id
    FROM identity AS i
    WHERE i.brand_id = :brand AND i.customer_id = :customer
),
mentioned AS (
    SELECT m.* FROM identity_merge AS m
    WHERE m.brand_id = :brand AND m.one_id = ANY (ARRAY(SELECT id FROM person))
        AND (m.one_space, m.one_id) IN (SELECT space, id FROM person)
    UNION
    SELECT m.* FROM identity_merge AS m
    WHERE m.brand_id = :brand AND m.other_id = ANY (ARRAY(SELECT id FROM person))
        AND (m.other_space, m.other_id) IN (SELECT space, id FROM person)
)
SELECT
    m.kind, m.merge_id, m.one_space, m.one_id, m.other_space, m.other_id, m.reason, m.made_at,
    m.made_by, m.undone_at, m.undone_by
FROM mentioned AS m
UNION ALL
SELECT
    'event', NULL, 'member', l.member_id, 'buyer', l.buyer_id, NULL, NULL, NULL, NULL, NULL
FROM identity_link AS l
WHERE l.brand_id = :brand
    AND l.member_id = ANY (ARRAY(SELECT id FROM person WHERE space = 'member'))
ORDER BY made_at, merge_id, one_id, other_id
LIMIT :most
