-- Grain:  one row that says how far was looked and, beside it, each two member ids of different
--         customers that follow each other among those with one phone.
-- Reads:  member, identity, identity_dismissal.
-- Rule:   so many members with a phone are looked at, in the order of its index, whatever is
--         found. A phone of more than :shared member ids is nobody's own and says nothing.
--         The only place that compares phones.
WITH looked AS MATERIALIZED (
    SELECT m.member_id, m.phone_index AS hash
    FROM member AS m
    WHERE m.brand_id = :brand AND m.phone_index IS NOT NULL
        AND (m.phone_index, m.member_id) > (
            coalesce((
                SELECT a.phone_index FROM member AS a
                WHERE a.brand_id = :brand AND a.member_id = CAST(:after AS text)
            ), CAST('' AS bytea)),
            CAST(:after AS text)
        )
    ORDER BY m.phone_index, m.member_id
    LIMIT :looked
),
found AS (
    SELECT
        'member' AS one_space, b.member_id AS one_id, o.customer_id AS one_customer,
        'member' AS other_space, l.member_id AS other_id, i.customer_id AS other_customer,
        l.hash, l.member_id AS place
    FROM looked AS l
    CROSS JOIN LATERAL (
        SELECT m.member_id
        FROM member AS m
        WHERE m.brand_id = :brand AND m.phone_index = l.hash
            AND m.member_id < l.member_id
        ORDER BY m.member_id DESC
        LIMIT 1
    ) AS b
    CROSS JOIN LATERAL (
        SELECT i.customer_id FROM identity AS i
        WHERE i.brand_id = :brand AND i.space = 'member' AND i.id = l.member_id
        OFFSET 0
    ) AS i
    CROSS JOIN LATERAL (
        SELECT i.customer_id FROM identity AS i
        WHERE i.brand_id = :brand AND i.space = 'member' AND i.id = b.member_id
        OFFSET 0
    ) AS o
    WHERE i.customer_id <> o.customer_id
        AND (
            SELECT count(*) FROM (
                SELECT FROM member AS m
                WHERE m.brand_id = :brand AND m.phone_index = l.hash
                LIMIT CAST(:shared AS bigint) + 1
            ) AS those
        ) <= :shared
        AND (
            SELECT true FROM identity_dismissal AS d
            WHERE d.brand_id = :brand AND d.one_space = 'member' AND d.one_id = b.member_id
                AND d.other_space = 'member' AND d.other_id = l.member_id
            LIMIT 1
        ) IS NULL
    ORDER BY l.hash, l.member_id
    LIMIT :most
)
SELECT reach.looked, reach.last, f.*
FROM (
    SELECT count(*) AS looked, (array_agg(member_id ORDER BY hash DESC, member_id DESC))[1] AS last
    FROM looked
) AS reach
LEFT JOIN found AS f ON true
ORDER BY f.hash, f.place
