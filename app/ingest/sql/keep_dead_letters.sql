-- Grain:  one row a rejected text of a source.
-- Writes: dead_letter.
-- Rule:   the same rejected text again is one row with `seen` and `last_seen`.
INSERT INTO dead_letter AS kept (
    brand_id, source, fallback_id, raw, sealed, raw_hash, code, field, detail, seen
)
SELECT :brand, source, fallback_id, raw, true, raw_hash, code, field, detail, seen
FROM unnest(
    CAST(:sources AS text[]), CAST(:fallback_ids AS text[]), CAST(:raws AS bytea[]),
    CAST(:hashes AS bytea[]), CAST(:codes AS text[]), CAST(:fields AS text[]),
    CAST(:details AS text[]), CAST(:seen AS bigint[])
) AS input (source, fallback_id, raw, raw_hash, code, field, detail, seen)
ORDER BY source COLLATE "C", raw_hash
ON CONFLICT (brand_id, source, raw_hash) DO UPDATE SET
    seen = kept.seen + excluded.seen,
    last_seen = now(),
    fallback_id = coalesce(excluded.fallback_id, kept.fallback_id),
    code = excluded.code,
    field = excluded.field,
    detail = excluded.detail
