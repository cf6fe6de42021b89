-- Grain:  one row an interval of a member in a group that an event at or after `since` can touch.
-- Reads:  membership.
SELECT m.*
FROM unnest(
    CAST(:groups AS text[]), CAST(:members AS text[]), CAST(:sinces AS timestamptz[])
) AS asked (group_id, member_id, since)
CROSS JOIN LATERAL (
    SELECT i.* FROM membership AS i
    WHERE i.brand_id = :brand
        AND i.group_id = asked.group_id COLLATE "C" AND i.member_id = asked.member_id COLLATE "C"
    OFFSET 0 -- keeps it a look-up for each; else all of the brand may be read
) AS m
WHERE m.left_at IS NULL OR m.left_at >= asked.since
