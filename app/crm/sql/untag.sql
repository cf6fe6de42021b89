-- Goes on from who is asked for.
-- Grain:  one row that counts.
-- Reads:  identity, tagging.  Writes: tagging.
-- Rule:   the tag goes from all identities of a customer.
, person AS MATERIALIZED (
    SELECT DISTINCT a.customer_id FROM asked AS a
),
tagged AS MATERIALIZED (
    SELECT p.customer_id, t.place
    FROM person AS p
    CROSS JOIN LATERAL (
        SELECT t.ctid AS place
        FROM identity AS i
        JOIN tagging AS t
            ON t.brand_id = :brand AND t.tag_id = :tag AND t.space = i.space AND t.id = i.id
        WHERE i.brand_id = :brand AND i.customer_id = p.customer_id
        OFFSET 0
    ) AS t
),
gone AS (
    DELETE FROM tagging AS t
    WHERE t.brand_id = :brand AND t.ctid = ANY (ARRAY(SELECT place FROM tagged))
)
SELECT
    (SELECT count(*) FROM person) AS customers,
    (SELECT count(DISTINCT customer_id) FROM tagged) AS changed
