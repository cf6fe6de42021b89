-- Grain:  one row a note: the memberships it brought that lasted, counted up to a limit.
-- Reads:  membership, on the index that has these alone.
-- Rule:   docs/api.md, "Lists and search".
SELECT n.note_id, (
    SELECT count(*)
    FROM (
        SELECT FROM membership AS m
        WHERE m.brand_id = :brand AND m.note_id = n.note_id AND m.note_id IS NOT NULL
            AND (m.left_at IS NULL OR m.left_at > m.joined_at)
        LIMIT :most
    ) AS counted
) AS joins
FROM unnest(CAST(:notes AS text[])) AS n (note_id)
