-- Grain:  the entry that is added.
-- Writes: audit_entry, audit_head.
-- Rule:   the head is the hash of the last entry; detail is kept as the text that was hashed.
WITH head AS (
    UPDATE audit_head SET hash = :hash WHERE brand_id = :brand
)
INSERT INTO audit_entry (brand_id, seq, at, actor, action, subject, detail, hash)
VALUES (
    :brand, :seq, :at, :actor, :action, :subject, CAST(CAST(:detail AS text) AS json), :hash
)
