-- Grain:  one row a click, keyed by its event.
-- Writes: card_click.
INSERT INTO card_click (
    brand_id, event_id, event_source, group_id, member_id, clicked_at,
    message_id, note_id, live_id, sku
)
SELECT :brand, i.*
FROM unnest(
    CAST(:event_ids AS text[]), CAST(:event_sources AS text[]), CAST(:group_ids AS text[]),
    CAST(:member_ids AS text[]), CAST(:ats AS timestamptz[]), CAST(:message_ids AS text[]),
    CAST(:note_ids AS text[]), CAST(:live_ids AS text[]), CAST(:skus AS text[])
) AS i
ON CONFLICT DO NOTHING
