-- Grain:  one row a message asked for by its whole key that is there.
-- Reads:  message.
SELECT
    m.group_id, m.message_id, m.member_id, m.kind, m.text, m.reply_to, CAST(m.card AS text) AS card,
    m.sent_at, m.recalled_at, CAST(m.stamps AS text) AS stamps
FROM unnest(CAST(:groups AS text[]), CAST(:ids AS text[]), CAST(:ats AS timestamptz[]))
    AS a (group_id, message_id, sent_at)
CROSS JOIN LATERAL (
    SELECT *
    FROM message AS m
    WHERE m.brand_id = :brand AND m.group_id = a.group_id AND m.sent_at = a.sent_at
        AND m.message_id = a.message_id
        AND m.sent_at >= :first_at AND m.sent_at <= :last_at
    OFFSET 0 -- keeps it a look-up for each, in one partition
) AS m
