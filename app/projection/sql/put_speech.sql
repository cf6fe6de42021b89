-- Grain:  one row a member who spoke later than was known.
-- Reads:  member_speech.  Writes: member_speech.
-- Rule:   each is looked up before, so that who did not is not even locked; nobody else writes
--         any while we have the brand's lease. Times are microseconds since 1970.
WITH said AS MATERIALIZED (
    SELECT
        i.member_id COLLATE "C" AS member_id,
        TIMESTAMPTZ 'epoch' + i.at * INTERVAL '1 microsecond' AS spoke_at
    FROM (
        SELECT a.member_id, max(CAST(a.at AS bigint)) AS at
        FROM ROWS FROM (
            string_to_table(CAST(:members AS text), CAST(:separator AS text)),
            string_to_table(CAST(:ats AS text), :separator)
        ) AS a (member_id, at)
        GROUP BY a.member_id
    ) AS i
),
known AS MATERIALIZED (
    SELECT i.member_id, i.spoke_at, s.last_spoke_at, s.place
    FROM said AS i
    LEFT JOIN LATERAL (
        SELECT s.last_spoke_at, s.ctid AS place FROM member_speech AS s
        WHERE s.brand_id = :brand AND s.member_id = i.member_id
        OFFSET 0 -- keeps it a look-up for each
    ) AS s ON true
),
later AS (
    UPDATE member_speech AS s SET last_spoke_at = k.spoke_at
    FROM known AS k
    WHERE s.brand_id = :brand AND s.ctid = k.place AND k.last_spoke_at < k.spoke_at
)
INSERT INTO member_speech (brand_id, member_id, last_spoke_at)
SELECT CAST(:brand AS bigint), member_id, spoke_at
FROM known
WHERE last_spoke_at IS NULL
