-- Grain:  one row an interval that the fold made or changed.
-- Writes: membership.
INSERT INTO membership (
    brand_id, group_id, member_id, joined_at, n, left_at, join_inferred, leave_inferred,
    leave_reason, source_at, source_kind, note_id, live_id, inviter_member_id, role
)
SELECT :brand, i.*
FROM unnest(
    CAST(:group_ids AS text[]), CAST(:member_ids AS text[]), CAST(:joined_ats AS timestamptz[]),
    CAST(:ns AS smallint[]), CAST(:left_ats AS timestamptz[]), CAST(:join_inferreds AS boolean[]),
    CAST(:leave_inferreds AS boolean[]), CAST(:leave_reasons AS text[]),
    CAST(:source_ats AS timestamptz[]), CAST(:source_kinds AS text[]), CAST(:note_ids AS text[]),
    CAST(:live_ids AS text[]), CAST(:inviters AS text[]), CAST(:roles AS text[])
) AS i
ON CONFLICT (brand_id, group_id, member_id, joined_at, n) DO UPDATE SET
    left_at = excluded.left_at,
    join_inferred = excluded.join_inferred,
    leave_inferred = excluded.leave_inferred,
    leave_reason = excluded.leave_reason,
    source_at = excluded.source_at,
    source_kind = excluded.source_kind,
    note_id = excluded.note_id,
    live_id = excluded.live_id,
    inviter_member_id = excluded.inviter_member_id,
    role = excluded.role
