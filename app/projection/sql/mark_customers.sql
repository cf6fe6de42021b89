-- Grain:  one row a customer whose derived rows a change can move, with up to five events that
--         did it. Each list of causes is JSON without its brackets, null where there are none.
-- Reads:  identity.  Writes: dirty_customer.
WITH touched AS (
    SELECT i.customer_id, t.causes
    FROM unnest(CAST(:spaces AS text[]), CAST(:ids AS text[]), CAST(:causes AS text[]))
        AS t (space, id, causes)
    CROSS JOIN LATERAL (
        SELECT n.customer_id FROM identity AS n
        WHERE n.brand_id = :brand AND n.space = t.space AND n.id = t.id
        OFFSET 0 -- keeps it a look-up for each; else all identities of the brand are hashed
    ) AS i
    UNION ALL
    SELECT c.customer_id, c.causes
    FROM unnest(CAST(:customers AS text[]), CAST(:customer_causes AS text[]))
        AS c (customer_id, causes)
),
gathered AS (
    SELECT
        t.customer_id, count(*) AS lists,
        CAST('[' || string_agg(DISTINCT t.causes, ',') || ']' AS jsonb) AS causes
    FROM touched AS t
    GROUP BY t.customer_id
),
-- Several lists may name an event several times.
caused AS (
    SELECT g.customer_id, jsonb_path_query_array(
        CASE
            WHEN g.lists = 1 THEN g.causes
            ELSE (SELECT jsonb_agg(DISTINCT e.cause) FROM jsonb_array_elements(g.causes) AS e (cause))
        END,
        '$[0 to 4]'
    ) AS cause
    FROM gathered AS g
)
INSERT INTO dirty_customer AS d (brand_id, customer_id, cause)
SELECT CAST(:brand AS bigint), t.customer_id, t.cause
FROM caused AS t
ORDER BY t.customer_id COLLATE "C"
ON CONFLICT (brand_id, customer_id) DO UPDATE SET
    cause = jsonb_path_query_array(coalesce(d.cause, '[]') || excluded.cause, '$[0 to 4]')
WHERE excluded.cause IS NOT NULL AND jsonb_array_length(coalesce(d.cause, '[]')) < 5
