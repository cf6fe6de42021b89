-- Every id that an event would name, and whose it is.
CREATE TABLE identity_link AS
SELECT c.member_id, c.buyer_id
FROM customer AS c
WHERE c.member_id <> c.buyer_id
    AND c.member_id IN (FROM (SELECT member_id FROM membership UNION SELECT member_id FROM live_view))
    AND c.buyer_id IN (SELECT buyer_id FROM shop_order);

CREATE TABLE identity AS
WITH member_id AS (
    SELECT member_id AS id FROM membership UNION SELECT member_id FROM card_click
    UNION SELECT member_id FROM live_view
),
buyer_id AS (
    SELECT DISTINCT buyer_id AS id FROM shop_order
),
owned AS (
    SELECT b.id, coalesce(m.id, l.member_id) AS member_id
    FROM buyer_id AS b
    LEFT JOIN member_id AS m ON m.id = b.id
    LEFT JOIN identity_link AS l ON l.buyer_id = b.id
)
SELECT 'member' AS space, id, 'm:' || id AS customer_id FROM member_id
UNION ALL
SELECT 'buyer', id, coalesce('m:' || member_id, 'b:' || id) FROM owned;

DROP TABLE sale;
DROP TABLE seat;
DROP TABLE stay;
DROP TABLE live_plan;
DROP TABLE customer;
