-- Grain:  one row an interval of a group that an event at or after `since` can touch.
-- Reads:  membership.
SELECT m.*
FROM unnest(CAST(:groups AS text[]), CAST(:sinces AS timestamptz[])) AS asked (group_id, since)
JOIN membership AS m
    ON m.brand_id = :brand AND m.group_id = asked.group_id
    AND (m.left_at IS NULL OR m.left_at >= asked.since)
