-- Grain:  one row an order asked for whose buyer is erased.
-- Reads:  shop_order, tombstone.
SELECT DISTINCT o.order_id
FROM shop_order AS o
JOIN tombstone AS t ON t.brand_id = :brand AND t.surrogate = o.buyer_id
WHERE o.brand_id = :brand AND o.order_id = ANY (CAST(:orders AS text[]))
