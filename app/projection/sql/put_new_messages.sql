-- Grain:  one row a message that nothing was known of.
-- Writes: message_identity, message.
-- Rule:   plain inserts, without the look-up and the second WAL record of ON CONFLICT: that the
--         messages are not known was asked just before, under the brand's lease. Columns come as
--         texts, times as microseconds since 1970.
WITH said AS MATERIALIZED (
    SELECT
        i.group_id, i.message_id,
        TIMESTAMPTZ 'epoch' + CAST(i.at AS bigint) * INTERVAL '1 microsecond' AS sent_at,
        i.member_id, i.kind, i.text, i.reply_to, CAST(i.card AS jsonb) AS card,
        CAST(i.stamps AS jsonb) AS stamps
    FROM ROWS FROM (
        string_to_table(CAST(:groups AS text), CAST(:separator AS text)),
        string_to_table(CAST(:ids AS text), :separator),
        string_to_table(CAST(:ats AS text), :separator),
        string_to_table(CAST(:members AS text), :separator),
        string_to_table(CAST(:kinds AS text), :separator, CAST(:nothing AS text)),
        string_to_table(CAST(:texts AS text), :separator, :nothing),
        string_to_table(CAST(:replies AS text), :separator, :nothing),
        string_to_table(CAST(:cards AS text), :separator, :nothing),
        string_to_table(CAST(:stamps AS text), :separator)
    ) AS i (group_id, message_id, at, member_id, kind, text, reply_to, card, stamps)
),
known AS (
    INSERT INTO message_identity (brand_id, group_id, message_id, sent_at)
    SELECT CAST(:brand AS bigint), group_id, message_id, sent_at FROM said
)
INSERT INTO message (
    brand_id, group_id, sent_at, message_id, member_id, kind, text, reply_to, card, stamps
)
SELECT
    CAST(:brand AS bigint), group_id, sent_at, message_id, member_id, kind, text, reply_to, card,
    stamps
FROM said
