"""A small brand whose lists are known by heart."""

from typing import Any

from tests.make import Brand, Service


def at(day: int, hour: int = 12) -> str:
    """An instant of March 2025, in Shanghai."""
    return f"2025-03-{day:02}T{hour:02}:00:00+08:00"


def said(id_: str, group: str, member: str, day: int, text: str | None, **more: Any) -> Any:
    """A message."""
    data = {"message_id": id_, "group_id": group, "member_id": member, "kind": "text"} | more
    if text is not None:
        data["text"] = text
    return "message.sent", at(day), data


def joined(group: str, member: str, day: int, nickname: str | None = None, **source: str) -> Any:
    """A join."""
    data: dict[str, Any] = {"group_id": group, "member_id": member}
    if nickname is not None:
        data["nickname"] = nickname
    if source:
        data["source"] = source
    return "member.joined", at(day), data


def bought(id_: str, buyer: str, day: int, amount: int, **more: Any) -> Any:
    """A paid order."""
    data = {"order_id": id_, "buyer_id": buyer, "amount": amount, "currency": "CNY"} | more
    return "order.paid", at(day), data


STORY: list[Any] = [
    ("group.created", at(1), {"group_id": "g1", "name": "会员群", "owner_member_id": "m1"}),
    ("group.created", at(1), {"group_id": "g2", "name": "ＶＩＰ Club", "capacity": 500}),
    ("note.published", at(1), {"note_id": "n1", "title": "口红合集", "creator_id": "k1"}),
    (
        "note.published",
        at(2),
        {"note_id": "n2", "title": "Summer OOTD 100%", "creator_id": "k2", "group_ids": ["g2"]},
    ),
    ("note.updated", at(2), {"note_id": "n3", "title": "没有发布"}),
    ("note.measured", at(3), {"note_id": "n1", "views": 900, "likes": 5}),
    ("note.measured", at(3), {"note_id": "n2", "views": 20}),
    ("creator.updated", at(1), {"creator_id": "k1", "name": "阿花", "kind": "kol", "mcn": "星光"}),
    ("creator.updated", at(1), {"creator_id": "k2", "name": "Lily", "kind": "koc"}),
    ("live.started", at(7), {"live_id": "l1", "title": "春季直播", "creator_id": "k1"}),
    ("live.ended", at(7, 14), {"live_id": "l1"}),
    ("live.started", at(8), {"live_id": "l2", "title": "夜场", "creator_id": "k2"}),
    ("live.joined", at(7, 13), {"live_id": "l1", "member_id": "m3"}),
    joined("g1", "m1", 2, "小红", kind="note", note_id="n1"),
    joined("g1", "m2", 3, "大白 Tom", kind="share", inviter_member_id="m1"),
    joined("g2", "m3", 5, "小白", kind="note", note_id="n2"),
    joined("g2", "m1", 6),
    ("member.left", at(10), {"group_id": "g1", "member_id": "m2", "reason": "left"}),
    said("a", "g1", "m1", 3, "好用，回购第三次了 Dior 999"),
    said("b", "g1", "m2", 4, "求链接 iPhone 壳😀"),
    said("c", "g2", "m3", 5, "打折 100% 真的_吗 'ok' \"好\""),
    said("d", "g2", "m1", 6, None, kind="note_card", card={"note_id": "n2"}),
    said("e", "g1", "m1", 9, "ＤＩＯＲ全角 再回购"),
    ("message.recalled", at(9, 13), {"message_id": "e", "group_id": "g1"}),
    ("message.recalled", at(9, 13), {"message_id": "only-recalled", "group_id": "g1"}),
    bought("o1", "m1", 4, 1000, kind="normal"),
    bought("o2", "m2", 5, 500),
    bought("o3", "b9", 6, 300, touch={"creator_id": "k2", "note_id": "n1", "group_id": "g2"}),
    (
        "order.placed",
        at(7),
        {"order_id": "o4", "buyer_id": "m3", "amount": 50, "currency": "CNY"},
    ),
    bought("o5", "m1", 8, 0, kind="gift"),
    bought("o6", "m3", 20, 2000, touch={"live_id": "l1"}),
    ("order.completed", at(25), {"order_id": "o6"}),
    ("order.cancelled", at(8), {"order_id": "o4"}),
    ("order.refunded", at(9), {"order_id": "o2", "refund_id": "r2", "amount": 200}),
    ("order.refunded", at(9), {"order_id": "o3", "refund_id": "r3", "amount": 300}),
]


def tell(brand: Brand) -> None:
    """Post the story, and wait until it shows."""
    brand.post(
        [
            {"id": f"e{n}", "type": kind, "time": time, "data": data}
            for n, (kind, time, data) in enumerate(STORY)
        ]
    )
    brand.drain()


def mark(service: Service, brand: Brand) -> None:
    """Tag m1 and the buyer b9, and put m3 in a segment."""
    b = brand.brand_id
    service.sql("INSERT INTO tag (brand_id, tag_id, name) VALUES (:b, 't1', '老客')", b=b)
    service.sql(
        "INSERT INTO tagging (brand_id, tag_id, space, id, tagged_by)"
        " VALUES (:b, 't1', 'member', 'm1', 'x'), (:b, 't1', 'buyer', 'b9', 'x')",
        b=b,
    )
    service.sql(
        "INSERT INTO segment (brand_id, segment_id, name, rule, created_by)"
        " VALUES (:b, 's1', 'x', '{}', 'x')",
        b=b,
    )
    service.sql(
        "INSERT INTO segment_member (brand_id, segment_id, customer_id) VALUES (:b, 's1', 'm:m3')",
        b=b,
    )
