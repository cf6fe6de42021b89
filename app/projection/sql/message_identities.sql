-- Grain:  one row a message asked for that is known.
-- Reads:  message_identity.
SELECT i.group_id, i.message_id, i.sent_at, i.recalled_at
FROM ROWS FROM (
    string_to_table(CAST(:groups AS text), CAST(:separator AS text)),
    string_to_table(CAST(:ids AS text), :separator)
) AS a (group_id, message_id)
CROSS JOIN LATERAL (
    SELECT i.group_id, i.message_id, i.sent_at, i.recalled_at
    FROM message_identity AS i
    WHERE i.brand_id = :brand AND i.group_id = a.group_id AND i.message_id = a.message_id
    OFFSET 0 -- keeps it a look-up for each
) AS i
