-- Grain:  one row, the run that was queued; none where one of that revision is open.
-- Writes: export.
-- Rule:   spec 4.11: a run becomes the revision after the newest finished one, as of the same
--         instant. Until it has ended nobody else can have that revision.
INSERT INTO export (
    brand_id, export_id, kind, week, revision, first_day, end_day, as_of, language, asked, state,
    created_by, scheduled_for, previous_id
)
SELECT
    :brand, :id, 'weekly', :week, coalesce(newest.revision, 0) + 1, :first_day, :end_day,
    coalesce(newest.as_of, :as_of), :language, CAST(:asked AS jsonb), 'queued',
    :actor, CAST(:scheduled_for AS timestamptz), newest.export_id
FROM (SELECT 1) AS once
LEFT JOIN LATERAL (
    SELECT e.revision, e.as_of, e.export_id
    FROM export AS e
    WHERE e.brand_id = :brand AND e.kind = 'weekly' AND e.week = :week AND e.state = 'done'
    ORDER BY e.revision DESC
    LIMIT 1
) AS newest ON true
ON CONFLICT (brand_id, kind, week, revision) DO NOTHING
RETURNING export_id
