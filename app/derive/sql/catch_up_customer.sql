-- Grain:  one row a customer that workers derived while a rebuild ran.
-- Reads:  rederived.  Writes: dirty_customer (of the rebuild).
INSERT INTO dirty_customer (brand_id, customer_id)
SELECT r.brand_id, r.key FROM rederived AS r
WHERE r.brand_id = :brand AND r.kind = 'customer'
ON CONFLICT DO NOTHING
