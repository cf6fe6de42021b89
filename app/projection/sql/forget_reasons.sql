-- Grain:  one row a refund of an order whose buyer is erased.
-- Reads:  shop_order, tombstone.  Writes: refund.
UPDATE refund AS r SET reason = NULL, stamps = r.stamps - 'reason'
WHERE r.brand_id = :brand AND r.order_id = ANY (CAST(:orders AS text[]))
    AND r.reason IS NOT NULL
    AND EXISTS (
        SELECT FROM shop_order AS o
        JOIN tombstone AS t ON t.brand_id = :brand AND t.surrogate = o.buyer_id
        WHERE o.brand_id = :brand AND o.order_id = r.order_id
    )
