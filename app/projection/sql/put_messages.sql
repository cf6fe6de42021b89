-- Grain:  one row a message that was sent and is new, or not what it was.
-- Writes: message.
INSERT INTO message (
    brand_id, group_id, sent_at, message_id, recalled_at, member_id, kind, text, reply_to, card,
    stamps
)
SELECT
    :brand, i.group_id, i.sent_at, i.message_id, i.recalled_at, i.member_id, i.kind, i.text,
    i.reply_to, CAST(i.card AS jsonb), CAST(i.stamps AS jsonb)
FROM unnest(
    CAST(:groups AS text[]), CAST(:sent_at AS timestamptz[]), CAST(:ids AS text[]),
    CAST(:recalled_at AS timestamptz[]), CAST(:member_id AS text[]), CAST(:kind AS text[]),
    CAST(:text AS text[]), CAST(:reply_to AS text[]), CAST(:card AS text[]),
    CAST(:stamps AS text[])
) AS i (
    group_id, sent_at, message_id, recalled_at, member_id, kind, text, reply_to, card, stamps
)
ON CONFLICT (brand_id, group_id, sent_at, message_id) DO UPDATE SET
    recalled_at = excluded.recalled_at, member_id = excluded.member_id, kind = excluded.kind,
    text = excluded.text, reply_to = excluded.reply_to, card = excluded.card,
    stamps = excluded.stamps
