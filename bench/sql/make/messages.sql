-- One part of the messages, those numbered from `low` to before `high`: bursts of eight in one
-- group by three people. Half are of talkers from the group's first days, half of newcomers;
-- where one has left, the owner speaks.
INSERT INTO message
WITH line AS (
    SELECT
        range AS i, range // 8 AS burst,
        CAST(floor(chance(range // 8, 'where') ** 2 * getvariable('groups')) AS BIGINT) AS g,
        range // 8 * 4 + CAST(floor(chance(range, 'who of three') * 3) AS BIGINT) AS voice,
        least(
            getvariable('seconds') - 1,
            (range // 8 + chance(range // 8, 'when')) * 8 / getvariable('messages')
                * getvariable('seconds')
            + range % 8 * 20 + chance(range, 'pause') * 20
        ) AS moment
    FROM range(getvariable('low'), getvariable('high'))
),
placed AS (
    SELECT
        l.*,
        CASE
            WHEN chance(l.voice, 'talker') < 0.5
            THEN least(s.place, 1 + CAST(floor(s.place * chance(l.voice, 'which talker') ** 4) AS BIGINT))
            ELSE s.place - CAST(floor(least(s.place, 60) * chance(l.voice, 'newcomer') ** 2) AS BIGINT)
        END AS place
    FROM line AS l
    ASOF JOIN seat AS s ON s.g = l.g AND l.moment >= s.joined
)
SELECT
    group_code(p.g), 'm' || lpad(CAST(p.i AS VARCHAR), 10, '0'), instant(p.moment),
    CASE WHEN chance(p.i, 'recall') < 0.01 AND p.moment + 90 < getvariable('seconds')
        THEN instant(p.moment + 90) END,
    CASE WHEN s."left" <= p.moment THEN staff_code(p.g) ELSE s.member_id END,
    CASE WHEN chance(p.i, 'kind') < 0.9 THEN 'text' ELSE 'image' END,
    CASE WHEN chance(p.i, 'kind') < 0.9 THEN concat(
        ['这个色号黄皮能用吗', '求链接', '已下单，坐等发货', '今晚直播几点开始呀', '好用，回购第三次了',
            '请问还有优惠券吗', '收到啦，包装很好看', '和上次那款比哪个更滋润，混油皮夏天会不会闷',
            '谢谢老板', '快递到哪里了', '可以退换吗', '晒一下今天的妆', '有没有小样', '这个多少钱',
            '早上好呀姐妹们', '敏感肌可以用吗'
        ][1 + CAST(floor(chance(p.i, 'phrase') ** 2 * 16) AS INTEGER)],
        CASE WHEN chance(p.i, 'about') < 0.3 THEN concat(
            '，',
            ['丝绒口红', '气垫粉底', '防晒霜', '玫瑰精华', '卸妆油', '眉笔', '珍珠耳环', '锁骨链'
            ][1 + CAST(floor(chance(p.i, 'product') * 8) AS INTEGER)],
            ' ', CAST(floor(chance(p.i, 'shade') * 99) AS INTEGER) + 1, '号'
        ) END,
        CASE WHEN chance(p.i, 'latin') < 0.02 THEN
            [' OOTD', ' SPF50', ' Dior 999', ' matte', ' ok啦 😀'
            ][1 + CAST(floor(chance(p.i, 'which latin') * 5) AS INTEGER)] END,
        CASE WHEN chance(p.i, 'number') < 0.001 THEN concat(' 单号 P', p.i) END
    ) END
FROM placed AS p
JOIN seat AS s ON s.g = p.g AND s.place = p.place
ORDER BY p.moment;
