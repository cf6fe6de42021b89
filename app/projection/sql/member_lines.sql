-- Grain:  one row a line of a member's history in a group at or after `since`, and one a
--         dismissal of that group, which concerns all of its members.
-- Reads:  membership_event.
WITH asked AS (
    SELECT group_id, member_id, since
    FROM unnest(
        CAST(:groups AS text[]), CAST(:members AS text[]), CAST(:sinces AS timestamptz[])
    ) AS asked (group_id, member_id, since)
)
SELECT m.*
FROM asked
JOIN membership_event AS m
    ON m.brand_id = :brand AND m.group_id = asked.group_id
    AND m.member_id = asked.member_id AND m.at >= asked.since
UNION ALL
SELECT m.*
FROM (SELECT group_id, min(since) AS since FROM asked GROUP BY group_id) AS asked
JOIN membership_event AS m
    ON m.brand_id = :brand AND m.group_id = asked.group_id
    AND m.member_id IS NULL AND m.at >= asked.since
