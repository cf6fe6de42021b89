-- Goes on from who is asked for.
-- Grain:  one row that counts.
-- Reads:  identity, tagging.  Writes: tagging.
-- Rule:   a customer has a tag by any one of its identities; who has it stays as it is.
, person AS MATERIALIZED (
    SELECT DISTINCT ON (a.customer_id) a.customer_id, a.space, a.id
    FROM asked AS a
    ORDER BY a.customer_id, a.space DESC, a.id
),
bare AS MATERIALIZED (
    SELECT p.space, p.id
    FROM person AS p
    WHERE (
        SELECT true
        FROM identity AS i
        JOIN tagging AS t
            ON t.brand_id = :brand AND t.tag_id = :tag AND t.space = i.space AND t.id = i.id
        WHERE i.brand_id = :brand AND i.customer_id = p.customer_id
        LIMIT 1
    ) IS NULL
),
put AS (
    INSERT INTO tagging (brand_id, tag_id, space, id, tagged_by)
    SELECT CAST(:brand AS bigint), :tag, b.space, b.id, :actor
    FROM bare AS b
    ORDER BY b.space, b.id
    ON CONFLICT DO NOTHING
)
SELECT
    (SELECT count(*) FROM person) AS customers,
    (SELECT count(*) FROM bare) AS changed
