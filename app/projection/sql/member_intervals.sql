-- Grain:  one row an interval of a member in a group that an event at or after `since` can touch.
-- Reads:  membership.
SELECT m.*
FROM unnest(
    CAST(:groups AS text[]), CAST(:members AS text[]), CAST(:sinces AS timestamptz[])
) AS asked (group_id, member_id, since)
JOIN membership AS m
    ON m.brand_id = :brand AND m.group_id = asked.group_id AND m.member_id = asked.member_id
    AND (m.left_at IS NULL OR m.left_at >= asked.since)
