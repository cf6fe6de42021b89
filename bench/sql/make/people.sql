-- People in the order of their arrival: half of them join groups, some only watch lives. One in
-- twenty has a member id that differs from the buyer id, and is linked.
CREATE TABLE customer AS
SELECT
    c, CAST(c AS DOUBLE) / getvariable('customers') * getvariable('seconds') AS arrived,
    chance(c, 'member') < 0.5 AS is_member,
    chance(c, 'member') BETWEEN 0.5 AND 0.6 AS is_viewer,
    code('u', c) AS buyer_id,
    CASE WHEN chance(c, 'apart') < 0.05 THEN code('w', c) ELSE code('u', c) END AS member_id,
    g1, (g1 + 1 + CAST(floor(chance(c, 'second group') * (getvariable('groups') - 1)) AS BIGINT))
        % getvariable('groups') AS g2
FROM (
    SELECT
        range AS c,
        CAST(floor(chance(range, 'first group') * getvariable('groups')) AS BIGINT) AS g1
    FROM range(getvariable('customers'))
) AS person
ORDER BY c;
