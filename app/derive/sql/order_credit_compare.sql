-- Goes on from order_credit.sql.
-- Grain:  one row a derived row that is not what the facts say: missing, too many, or different.
-- Reads:  order_credit.
, live AS (
    SELECT c.*
    FROM order_credit AS c
    WHERE c.brand_id = :brand AND c.customer_id = ANY (CAST(:customers AS text[]))
)
SELECT
    CAST('order_credit' AS text) AS table_name,
    coalesce(d.order_id, c.order_id) AS order_id,
    coalesce(d.customer_id, c.customer_id) AS customer_id,
    to_jsonb(c) - 'brand_id' AS found,
    to_jsonb(d) AS expected
FROM derived AS d
FULL JOIN live AS c ON d.order_id = c.order_id
WHERE (to_jsonb(c) - 'brand_id') IS DISTINCT FROM to_jsonb(d)
ORDER BY 2
