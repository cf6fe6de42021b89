-- Grain:  one row an operator's merge that was made or undone since, and identity that it names.
-- Reads:  identity_merge, identity.
-- Rule:   of the customers given, as they are now.
SELECT
    m.merge_id, m.one_id, m.other_id, m.made_at, m.made_by, m.undone_at, m.undone_by,
    one.customer_id AS one_customer, other.customer_id AS other_customer
FROM identity_merge AS m
JOIN identity AS one ON one.brand_id = :brand AND one.space = m.one_space AND one.id = m.one_id
JOIN identity AS other
    ON other.brand_id = :brand AND other.space = m.other_space AND other.id = m.other_id
WHERE m.brand_id = :brand
    AND (m.made_at > :since OR m.undone_at > :since)
    AND (
        one.customer_id = ANY (CAST(:customers AS text[]))
        OR other.customer_id = ANY (CAST(:customers AS text[]))
    )
