-- Orders, a steady number a day, and what hangs on them: touches, clicks before them, refunds.
CREATE TABLE sale AS
SELECT
    i, moment, c, member_id, buyer_id, is_member, g1,
    CASE WHEN chance(i, 'zero') < 0.002 THEN 0
        ELSE CAST(floor(2900 + wait(i, 'amount', 12000.0 / 86400)) AS BIGINT) END AS amount
FROM (
    SELECT
        range AS i,
        (range + chance(range, 'order')) / getvariable('orders') * getvariable('seconds') AS moment
    FROM range(getvariable('orders'))
) AS numbered
JOIN customer ON c = whose(i, 'order', moment)
ORDER BY moment;

CREATE TABLE shop_order AS
SELECT
    'P' || lpad(CAST(i AS VARCHAR), 12, '0') AS order_id, buyer_id, amount,
    CASE WHEN chance(i, 'kind') < 0.02 THEN 'gift' WHEN chance(i, 'kind') < 0.05 THEN 'presale'
        ELSE 'normal' END AS kind,
    CASE WHEN is_member AND chance(i, 'touch') < 0.10 THEN group_code(g1) END AS touch_group_id,
    CASE WHEN chance(i, 'touch') BETWEEN 0.05 AND 0.15
        THEN code('n', recent(i, 'touch note', getvariable('notes'), moment)) END AS touch_note_id,
    CASE WHEN chance(i, 'touch') BETWEEN 0.15 AND 0.19
        THEN live_code(greatest(0, CAST(floor(moment / 86400) AS BIGINT) - 1)) END AS touch_live_id,
    instant(moment - 120) AS placed_at,
    CASE WHEN chance(i, 'unpaid') > 0.02 THEN instant(moment) END AS paid_at,
    CASE WHEN chance(i, 'unpaid') > 0.2 AND moment + 604800 < getvariable('seconds')
        THEN instant(moment + 604800) END AS completed_at
FROM sale
ORDER BY moment;

CREATE TABLE refund AS
SELECT
    'P' || lpad(CAST(i AS VARCHAR), 12, '0') AS order_id, 'R' || lpad(CAST(i AS VARCHAR), 12, '0')
        AS refund_id,
    CASE WHEN chance(i, 'full') < 0.5 THEN amount ELSE amount // 3 END AS amount,
    instant(back) AS refunded_at
FROM (SELECT *, moment + 600 + wait(i, 'refund after', 6) AS back FROM sale) AS returned
WHERE chance(i, 'refund') < 0.04 AND chance(i, 'unpaid') > 0.02 AND back < getvariable('seconds')
ORDER BY back;

CREATE TABLE card_click AS
SELECT
    'c' || lpad(CAST(i AS VARCHAR), 12, '0') AS event_id, group_code(g1) AS group_id, member_id,
    instant(clicked) AS clicked_at
FROM (
    SELECT i, g1, member_id, greatest(0, moment - chance(i, 'click') * 129600) AS clicked
    FROM sale WHERE is_member AND chance(i, 'clicks') < 0.15
    UNION ALL
    SELECT i, g1, member_id, moment
    FROM (
        SELECT
            getvariable('orders') + range AS i,
            range * 10 / getvariable('orders') * getvariable('seconds') AS moment
        FROM range(getvariable('orders') // 10)
    ) AS idle
    JOIN customer ON c = whose(i, 'click', moment)
    WHERE is_member
) AS click
ORDER BY clicked_at;

CREATE TABLE live_view AS
SELECT
    'v' || lpad(CAST(i AS VARCHAR), 12, '0') AS event_id, live_id, member_id,
    CASE WHEN is_member AND chance(i, 'from group') < 0.3 THEN group_code(g1) END AS group_id,
    instant(moment) AS viewed_at
FROM (
    SELECT range AS i, live_id, starts + chance(range, 'view') * lasts AS moment
    FROM range(getvariable('orders') // 4)
    JOIN live_plan ON l = range % getvariable('days')
) AS view
JOIN customer ON c = whose(i, 'viewer', moment)
WHERE moment < getvariable('seconds') AND (is_member OR is_viewer)
ORDER BY moment;
