-- Grain:  one row: how many are members of a group at an instant, and how many of these stay.
-- Reads:  membership.
-- Rule:   as known now. At one instant joins and leaves come before snapshots; what a snapshot of
--         that instant has inferred itself is not counted.
SELECT
    count(*) AS open,
    count(*) FILTER (WHERE m.member_id = ANY(CAST(:members AS text[]))) AS stay
FROM membership AS m
WHERE m.brand_id = :brand
    AND m.group_id = :group
    AND (m.joined_at < :at OR (m.joined_at = :at AND NOT m.join_inferred))
    AND (m.left_at IS NULL OR m.left_at > :at OR (m.left_at = :at AND m.leave_inferred))
