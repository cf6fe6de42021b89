-- Grain:  one row a member who spoke later than was known.
-- Writes: member_speech.
INSERT INTO member_speech AS s (brand_id, member_id, last_spoke_at)
SELECT CAST(:brand AS bigint), i.member_id, max(i.sent_at)
FROM unnest(CAST(:members AS text[]), CAST(:ats AS timestamptz[])) AS i (member_id, sent_at)
GROUP BY i.member_id
ORDER BY i.member_id COLLATE "C"
ON CONFLICT (brand_id, member_id) DO UPDATE SET last_spoke_at = excluded.last_spoke_at
WHERE s.last_spoke_at < excluded.last_spoke_at
