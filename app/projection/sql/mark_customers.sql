-- Grain:  one row a customer whose derived rows a change can move, with up to five events that
--         did it.
-- Reads:  identity.  Writes: dirty_customer.
WITH touched AS (
    SELECT i.customer_id, t.causes
    FROM unnest(CAST(:spaces AS text[]), CAST(:ids AS text[]), CAST(:causes AS text[]))
        AS t (space, id, causes)
    JOIN identity AS i ON i.brand_id = :brand AND i.space = t.space AND i.id = t.id
    UNION ALL
    SELECT c.customer_id, c.causes
    FROM unnest(CAST(:customers AS text[]), CAST(:customer_causes AS text[]))
        AS c (customer_id, causes)
),
caused AS (
    SELECT t.customer_id, jsonb_path_query_array(
        coalesce(jsonb_agg(DISTINCT e.cause) FILTER (WHERE e.cause IS NOT NULL), '[]'), '$[0 to 4]'
    ) AS cause
    FROM touched AS t
    LEFT JOIN LATERAL jsonb_array_elements(CAST(t.causes AS jsonb)) AS e (cause) ON true
    GROUP BY t.customer_id
)
INSERT INTO dirty_customer AS d (brand_id, customer_id, cause)
SELECT CAST(:brand AS bigint), t.customer_id, t.cause
FROM caused AS t
ORDER BY t.customer_id COLLATE "C"
ON CONFLICT (brand_id, customer_id) DO UPDATE SET
    cause = jsonb_path_query_array(coalesce(d.cause, '[]') || excluded.cause, '$[0 to 4]')
WHERE jsonb_array_length(coalesce(d.cause, '[]')) < 5
