-- Grain:  one row a membership event.
-- Writes: membership_event.
INSERT INTO membership_event (
    brand_id, group_id, at, event_id, event_source, kind, member_id, member_ids,
    source_kind, note_id, live_id, inviter_member_id, role, reason
)
SELECT
    :brand, i.group_id, i.at, i.event_id, i.event_source, i.kind, i.member_id,
    -- An array of arrays must be a rectangle, so the lists travel as JSON.
    CASE WHEN i.member_ids IS NOT NULL THEN ARRAY(
        SELECT jsonb_array_elements_text(CAST(i.member_ids AS jsonb))
    ) END,
    i.source_kind, i.note_id, i.live_id, i.inviter_member_id, i.role, i.reason
FROM unnest(
    CAST(:group_ids AS text[]), CAST(:ats AS timestamptz[]), CAST(:event_ids AS text[]),
    CAST(:event_sources AS text[]), CAST(:kinds AS text[]), CAST(:member_ids AS text[]),
    CAST(:lists AS text[]), CAST(:source_kinds AS text[]), CAST(:note_ids AS text[]),
    CAST(:live_ids AS text[]), CAST(:inviters AS text[]), CAST(:roles AS text[]),
    CAST(:reasons AS text[])
) AS i (
    group_id, at, event_id, event_source, kind, member_id, member_ids,
    source_kind, note_id, live_id, inviter_member_id, role, reason
)
ON CONFLICT DO NOTHING
