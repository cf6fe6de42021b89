-- Grain:  one row a group that has a snapshot at or after `since`.
-- Reads:  membership_event.
-- Rule:   a snapshot weighs all members at once, so nothing before it can be folded alone.
SELECT asked.group_id
FROM unnest(CAST(:groups AS text[]), CAST(:sinces AS timestamptz[])) AS asked (group_id, since)
WHERE EXISTS (
    SELECT FROM membership_event AS m
    WHERE m.brand_id = :brand AND m.group_id = asked.group_id
        AND m.member_id IS NULL AND m.kind = 'snapshot' AND m.at >= asked.since
)
