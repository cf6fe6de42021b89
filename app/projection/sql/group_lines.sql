-- Grain:  one row a line of a group's history at or after `since`.
-- Reads:  membership_event.
SELECT m.*
FROM unnest(CAST(:groups AS text[]), CAST(:sinces AS timestamptz[])) AS asked (group_id, since)
JOIN membership_event AS m
    ON m.brand_id = :brand AND m.group_id = asked.group_id AND m.at >= asked.since
