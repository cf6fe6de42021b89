-- Grain:  one row an interval that the fold no longer has.
-- Writes: membership.
DELETE FROM membership AS m
USING unnest(
    CAST(:group_ids AS text[]), CAST(:member_ids AS text[]),
    CAST(:joined_ats AS timestamptz[]), CAST(:ns AS smallint[])
) AS gone (group_id, member_id, joined_at, n)
WHERE m.brand_id = :brand AND m.group_id = gone.group_id AND m.member_id = gone.member_id
    AND m.joined_at = gone.joined_at AND m.n = gone.n
