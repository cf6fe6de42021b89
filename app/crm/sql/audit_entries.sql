-- Grain:  one row an entry of the audit log, in its order.
-- Reads:  audit_entry.
SELECT seq, at, actor, action, subject, CAST(detail AS text) AS detail, hash
FROM audit_entry
WHERE brand_id = :brand AND seq > :after
ORDER BY seq
LIMIT :limit
