-- Grain:  one row an order, and one a membership, spread evenly over ten weeks.
-- Reads:  the settings bench.brand and bench.orders, and bench.members.
-- Writes: chat_group, creator, note, member, identity, membership, shop_order, order_credit.
-- Rule:   ids and texts are as long as those of a shop; a third of the orders have a note.
INSERT INTO chat_group (brand_id, group_id, name)
SELECT current_setting('bench.brand')::bigint, 'g' || lpad(n::text, 12, '0'), '护肤交流 ' || n || ' 群'
FROM generate_series(1, 500) AS n;

INSERT INTO creator (brand_id, creator_id, name, mcn)
SELECT current_setting('bench.brand')::bigint, 'c' || lpad(n::text, 12, '0'), '小鹿的日记 ' || n,
    '星河文化 ' || n % 20
FROM generate_series(1, 300) AS n;

INSERT INTO note (brand_id, note_id, title, creator_id)
SELECT current_setting('bench.brand')::bigint, 'n' || lpad(n::text, 20, '0'),
    '换季泛红怎么办，三步稳住 ' || n, 'c' || lpad((n % 300 + 1)::text, 12, '0')
FROM generate_series(1, 2000) AS n;

INSERT INTO member (brand_id, member_id, nickname)
SELECT current_setting('bench.brand')::bigint, 'm' || lpad(n::text, 20, '0'), '小鱼 ' || n
FROM generate_series(1, current_setting('bench.members')::bigint) AS n;

INSERT INTO identity (brand_id, space, id, customer_id)
SELECT current_setting('bench.brand')::bigint, 'member', 'm' || lpad(n::text, 20, '0'),
    'm:m' || lpad(n::text, 20, '0')
FROM generate_series(1, current_setting('bench.members')::bigint) AS n;

INSERT INTO membership (
    brand_id, group_id, member_id, joined_at, n, left_at, join_inferred, leave_inferred,
    source_kind, note_id
)
SELECT current_setting('bench.brand')::bigint, 'g' || lpad((n % 500 + 1)::text, 12, '0'),
    'm' || lpad(n::text, 20, '0'),
    TIMESTAMPTZ '2026-01-05 00:00+08'
        + n * (INTERVAL '70 days' / current_setting('bench.members')::bigint),
    0, NULL, false, false, 'note', 'n' || lpad((n % 2000 + 1)::text, 20, '0')
FROM generate_series(0, current_setting('bench.members')::bigint - 1) AS n;

INSERT INTO shop_order (brand_id, order_id, buyer_id, amount, currency, kind, paid_at)
SELECT current_setting('bench.brand')::bigint, '69' || lpad(n::text, 18, '0'),
    'b' || lpad((n % 400000)::text, 20, '0'), 1900 + n * 7919 % 88000, 'CNY', 'normal',
    TIMESTAMPTZ '2026-01-05 00:00+08'
        + n * (INTERVAL '70 days' / current_setting('bench.orders')::bigint)
FROM generate_series(0, current_setting('bench.orders')::bigint - 1) AS n;

INSERT INTO order_credit (
    brand_id, order_id, customer_id, paid_at, paid_day, amount, refunded, matched, cell, group_id,
    note_id, source_kind, touch_kind, membership_member_id, membership_joined_at, membership_n
)
SELECT brand_id, order_id, 'b:' || buyer_id, paid_at,
    (paid_at AT TIME ZONE 'Asia/Shanghai')::date, amount, 0, amount % 3 < 2,
    (ARRAY['member_and_touch', 'member_only', 'neither'])[1 + amount % 3],
    CASE WHEN amount % 3 < 2 THEN 'g' || lpad((1 + amount % 500)::text, 12, '0') END,
    CASE WHEN amount % 3 < 1 THEN 'n' || lpad((1 + amount % 2000)::text, 20, '0') END,
    CASE WHEN amount % 3 < 1 THEN 'note' END, CASE WHEN amount % 3 < 1 THEN 'order' END,
    CASE WHEN amount % 3 < 2 THEN 'm' || lpad((1 + amount % 9999)::text, 20, '0') END,
    CASE WHEN amount % 3 < 2 THEN paid_at - INTERVAL '9 days' END,
    CASE WHEN amount % 3 < 2 THEN 0 END
FROM shop_order;

ANALYZE;
