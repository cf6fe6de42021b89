-- Grain:  one row an arrival in a live, keyed by its event.
-- Writes: live_view.
INSERT INTO live_view (
    brand_id, event_id, event_source, live_id, member_id, group_id, viewed_at
)
SELECT :brand, i.*
FROM unnest(
    CAST(:event_ids AS text[]), CAST(:event_sources AS text[]), CAST(:live_ids AS text[]),
    CAST(:member_ids AS text[]), CAST(:group_ids AS text[]), CAST(:ats AS timestamptz[])
) AS i
ON CONFLICT DO NOTHING
