-- Grain:  one row a member with a phone, by customer.
-- Reads:  member, identity.
SELECT i.customer_id, m.member_id, m.nickname, m.phone_cipher
FROM member AS m
JOIN identity AS i ON i.brand_id = :brand AND i.space = 'member' AND i.id = m.member_id
WHERE m.brand_id = :brand AND m.phone_index = :index
ORDER BY i.customer_id, m.member_id
LIMIT :most
