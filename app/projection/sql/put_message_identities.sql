-- Grain:  one row a message that is new, or was sent earlier than was known.
-- Writes: message_identity.
INSERT INTO message_identity (brand_id, group_id, message_id, sent_at, recalled_at)
SELECT :brand, i.group_id, i.message_id, i.sent_at, i.recalled_at
FROM unnest(
    CAST(:groups AS text[]), CAST(:ids AS text[]), CAST(:ats AS timestamptz[]),
    CAST(:recalls AS timestamptz[])
) AS i (group_id, message_id, sent_at, recalled_at)
ON CONFLICT (brand_id, group_id, message_id) DO UPDATE SET
    sent_at = excluded.sent_at, recalled_at = excluded.recalled_at
