-- Grain:  one row an identity of a customer, member ids first, with what is known of the member.
-- Reads:  identity, member, member_speech.
SELECT
    i.space, i.id, m.nickname, m.phone_cipher, m.phone, m.attributes, s.last_spoke_at
FROM (
    SELECT space, id FROM identity
    WHERE brand_id = :brand AND customer_id = :customer
    ORDER BY space DESC, id
    LIMIT :most
) AS i
LEFT JOIN LATERAL (
    SELECT nickname, phone_cipher, phone, CAST(attributes AS text) AS attributes FROM member
    WHERE brand_id = :brand AND member_id = i.id AND i.space = 'member'
    OFFSET 0
) AS m ON true
LEFT JOIN LATERAL (
    SELECT last_spoke_at FROM member_speech
    WHERE brand_id = :brand AND member_id = i.id AND i.space = 'member'
    OFFSET 0
) AS s ON true
ORDER BY i.space DESC, i.id
