-- Grain:  one row a task, the first due first.
-- Reads:  task, identity.
-- Rule:   the part of those with a due time comes first, the part without one after it.
SELECT
    t.task_id, i.customer_id, t.title, t.assignee, t.due_at, t.done_at, t.done_by, t.made_at,
    t.made_by
FROM task AS t
CROSS JOIN LATERAL (
    SELECT i.customer_id
    FROM identity AS i
    WHERE i.brand_id = :brand AND i.space = t.space AND i.id = t.id
    OFFSET 0
) AS i
WHERE t.brand_id = :brand
    AND (t.due_at IS NOT NULL) = CAST(:due AS boolean)
    AND (
        CAST(:after AS text) IS NULL
        OR CASE
            WHEN CAST(:due AS boolean)
                THEN (t.due_at, t.task_id) > (CAST(:at AS timestamptz), CAST(:after AS text))
            ELSE t.task_id > CAST(:after AS text)
        END
    )
    AND (CAST(:assignee AS text) IS NULL OR t.assignee = CAST(:assignee AS text))
    AND (CAST(:done AS boolean) IS NULL OR (t.done_at IS NOT NULL) = CAST(:done AS boolean))
    AND (CAST(:due_before AS timestamptz) IS NULL OR t.due_at < CAST(:due_before AS timestamptz))
    AND (
        CAST(:customer AS text) IS NULL
        OR t.task_id = ANY (ARRAY(
            SELECT o.task_id
            FROM identity AS p
            CROSS JOIN LATERAL (
                SELECT o.task_id FROM task AS o
                WHERE o.brand_id = :brand AND o.space = p.space AND o.id = p.id
                OFFSET 0
            ) AS o
            WHERE p.brand_id = :brand AND p.customer_id = CAST(:customer AS text)
        ))
    )
ORDER BY t.due_at, t.task_id
LIMIT :most
