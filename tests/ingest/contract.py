"""The table of event types as the contract has it: data required, and data that is optional."""

from typing import Any

CARD = {"note_id": "n1", "live_id": "l1", "sku": "s1"}
GROUP = {"name": "新品群", "capacity": 500, "owner_member_id": "m9"}
ORDER = {"order_id": "o1", "buyer_id": "b1", "amount": 12900, "currency": "CNY"}
ORDER_MORE = {
    "kind": "presale",
    "original_order_id": "o0",
    "items": [{"sku": "s1", "title": "耳环", "quantity": 2, "amount": 6450}, {}],
    "touch": {"group_id": "g1", "note_id": "n1", "live_id": "l1", "creator_id": "c1"},
}
NOTE_MORE = {
    "title": "笔记",
    "url": "https://example.com/n1",
    "creator_id": "c1",
    "group_ids": ["g1", "g2"],
    "skus": ["s1"],
}
LIVE = {"title": "直播", "creator_id": "c1"}

TYPES: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "group.created": ({"group_id": "g1"}, GROUP),
    "group.updated": ({"group_id": "g1"}, GROUP),
    "group.dismissed": ({"group_id": "g1"}, {}),
    "group.snapshot": ({"group_id": "g1", "member_ids": ["m1", "m2"]}, {}),
    "member.joined": (
        {"group_id": "g1", "member_id": "m1"},
        {
            "nickname": "小红",
            "role": "admin",
            "source": {
                "kind": "note",
                "note_id": "n1",
                "live_id": "l1",
                "inviter_member_id": "m2",
            },
        },
    ),
    "member.left": ({"group_id": "g1", "member_id": "m1"}, {"reason": "removed"}),
    "member.updated": (
        {"member_id": "m1"},
        {
            "nickname": "小红",
            "phone": "13800000000",
            "attributes": {"city": "上海", "age": 30, "score": 0.5, "vip": True, "gone": None},
        },
    ),
    "message.sent": (
        {"message_id": "x1", "group_id": "g1", "member_id": "m1"},
        {"kind": "note_card", "text": "你好", "reply_to": "x0", "card": CARD},
    ),
    "message.recalled": ({"message_id": "x1", "group_id": "g1"}, {}),
    "card.clicked": ({"group_id": "g1", "member_id": "m1"}, {"message_id": "x1", "card": CARD}),
    "direct_message.sent": ({"message_id": "x1", "member_id": "m1"}, {"text": "你好"}),
    "direct_message.received": ({"message_id": "x1", "member_id": "m1"}, {"text": "你好"}),
    "note.published": ({"note_id": "n1"}, NOTE_MORE),
    "note.updated": ({"note_id": "n1"}, NOTE_MORE),
    "note.measured": (
        {"note_id": "n1"},
        {"views": 5, "likes": 4, "collects": 3, "comments": 2, "shares": 0},
    ),
    "creator.updated": ({"creator_id": "c1"}, {"name": "阿May", "kind": "koc", "mcn": "机构"}),
    "live.started": ({"live_id": "l1"}, LIVE),
    "live.ended": ({"live_id": "l1"}, LIVE),
    "live.joined": ({"live_id": "l1", "member_id": "m1"}, {"group_id": "g1"}),
    "order.placed": (ORDER, ORDER_MORE),
    "order.paid": (ORDER, ORDER_MORE),
    "order.cancelled": ({"order_id": "o1"}, {}),
    "order.completed": ({"order_id": "o1"}, {}),
    "order.refunded": (
        {"order_id": "o1", "refund_id": "r1", "amount": 100},
        {"reason": "不喜欢"},
    ),
    "identity.linked": ({"member_id": "m1", "buyer_id": "b1"}, {}),
}

ORDER_KINDS = ["normal", "deposit", "presale", "replacement", "gift", "test"]

WORDS: list[tuple[str, str, list[str]]] = [
    ("member.joined", "role", ["owner", "admin", "member"]),
    ("member.left", "reason", ["left", "removed"]),
    (
        "message.sent",
        "kind",
        [
            "text",
            "image",
            "video",
            "note_card",
            "product_card",
            "coupon",
            "live_card",
            "other",
        ],
    ),
    ("creator.updated", "kind", ["brand", "employee", "kol", "koc", "customer"]),
    ("order.placed", "kind", ORDER_KINDS),
    ("order.paid", "kind", ORDER_KINDS),
]
"""The fields that take one of a few words: type of event, field, its words."""

SOURCE_KINDS = ["note", "live", "direct_message", "share", "profile", "search", "qr_code", "other"]
