-- Grain:  one row a member of whom a message was told that is another's, or was sent earlier.
-- Reads:  message (already written).  Writes: member_speech.
WITH said AS MATERIALIZED (
    SELECT a.member_id, (
        SELECT m.sent_at FROM message AS m
        WHERE m.brand_id = :brand AND m.member_id = a.member_id
        ORDER BY m.sent_at DESC
        LIMIT 1
    ) AS last_spoke_at
    FROM unnest(CAST(:members AS text[])) AS a (member_id)
),
gone AS (
    DELETE FROM member_speech AS s
    WHERE s.brand_id = :brand
        AND s.member_id = ANY (ARRAY(SELECT member_id FROM said WHERE last_spoke_at IS NULL))
)
INSERT INTO member_speech AS s (brand_id, member_id, last_spoke_at)
SELECT CAST(:brand AS bigint), member_id, last_spoke_at
FROM said
WHERE last_spoke_at IS NOT NULL
ORDER BY member_id COLLATE "C"
ON CONFLICT (brand_id, member_id) DO UPDATE SET last_spoke_at = excluded.last_spoke_at
WHERE s.last_spoke_at <> excluded.last_spoke_at
