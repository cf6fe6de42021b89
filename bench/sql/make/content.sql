-- Groups with an owner of the staff, creators and their agencies, notes, and a live each day.
CREATE TABLE chat_group AS
SELECT group_code(range) AS group_id, '会员群 ' || range AS name, staff_code(range) AS owner_member_id
FROM range(getvariable('groups'))
ORDER BY group_id;

CREATE TABLE creator AS
SELECT
    code('k', range) AS creator_id, '博主 ' || range AS name,
    CASE WHEN range % 3 = 0 THEN 'kol' ELSE 'koc' END AS kind,
    CASE WHEN chance(range, 'signed') < 0.6
        THEN 'MCN ' || CAST(floor(chance(range, 'mcn') * 10) AS INTEGER) END AS mcn
FROM range(greatest(1, getvariable('notes') // 20));

CREATE TABLE note AS
SELECT
    code('n', range) AS note_id, '笔记 ' || range AS title,
    code('k', CAST(floor(
        chance(range, 'author') ** 2 * greatest(1, getvariable('notes') // 20)
    ) AS BIGINT)) AS creator_id,
    instant(range / getvariable('notes') * getvariable('seconds')) AS published_at
FROM range(getvariable('notes'))
ORDER BY published_at;

CREATE TABLE live_plan AS
SELECT
    range AS l, live_code(range) AS live_id,
    range * 86400 + 43200 + chance(range, 'live start') * 7200 AS starts,
    7200 + chance(range, 'live end') * 7200 AS lasts
FROM range(getvariable('days'));

CREATE TABLE live AS
SELECT
    live_id, '直播 ' || l AS title, code('k', l % greatest(1, getvariable('notes') // 20)) AS creator_id,
    instant(starts) AS started_at,
    CASE WHEN starts + lasts < getvariable('seconds') THEN instant(starts + lasts) END AS ended_at
FROM live_plan
WHERE starts < getvariable('seconds')
ORDER BY started_at;

CREATE TABLE live_end AS SELECT live_id, ended_at FROM live WHERE ended_at IS NOT NULL;
