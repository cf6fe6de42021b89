-- Grain:  one row a snapshot whose suspicion changed.
-- Writes: membership_event.
UPDATE membership_event AS m SET suspect = i.suspect
FROM unnest(
    CAST(:group_ids AS text[]), CAST(:ats AS timestamptz[]), CAST(:event_ids AS text[]),
    CAST(:event_sources AS text[]), CAST(:suspects AS boolean[])
) AS i (group_id, at, event_id, event_source, suspect)
WHERE m.brand_id = :brand AND m.group_id = i.group_id AND m.at = i.at
    AND m.event_id = i.event_id AND m.event_source = i.event_source
    AND m.suspect <> i.suspect
