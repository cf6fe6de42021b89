"""Tables with a row an order, refund, membership or buyer."""

from app.exports.frame import Column, Spec
from app.exports.specs.columns import (
    CELL,
    CREATOR_ID,
    CREATOR_NAME,
    CUSTOMER_ID,
    GROUP_ID,
    GROUP_NAME,
    LIVE_ID,
    MCN,
    MEMBER_ID,
    NOTE_ID,
    NOTE_TITLE,
    ORDER_ID,
    PAID_AT,
    SOURCE_KIND,
)

ORDERS = Spec(
    "orders",
    "订单",
    "Orders",
    (
        *(ORDER_ID, PAID_AT, Column("paid_day", "date", "付款日期", "Paid on")),
        *(Column("buyer_id", "id", "买家 ID", "Buyer id"), CUSTOMER_ID),
        Column("kind", "word", "订单类型", "Kind of order"),
        Column("amount", "money", "金额", "Amount"),
        Column("refunded", "money", "已退款", "Refunded"),
        Column("net", "money", "净额", "Net"),
        *(CELL, Column("reason", "word", "归类依据", "Reason")),
        *(GROUP_ID, GROUP_NAME, NOTE_ID, NOTE_TITLE),
        Column("first_note_id", "id", "首次入群笔记 ID", "First note id"),
        *(CREATOR_ID, CREATOR_NAME, MCN),
        *(LIVE_ID, SOURCE_KIND, Column("matched", "bool", "已匹配成员身份", "Matched")),
        Column("member_id", "id", "归因成员 ID", "Credited member id"),
        Column("joined_at", "instant", "归因入群时间", "Credited joining"),
        Column("click_event_id", "id", "归因点击事件 ID", "Credited click's event id"),
        Column("click_source", "id", "点击事件来源", "Click's event source"),
    ),
    ("order_id",),
    people=True,
)
"""GMV orders paid in the window. refunded: until as_of, at most the amount."""

REFUNDS = Spec(
    "refunds",
    "退款",
    "Refunds",
    (
        *(ORDER_ID, Column("refund_id", "id", "退款号", "Refund id")),
        Column("refunded_at", "instant", "退款时间", "Refunded at"),
        Column("amount", "money", "计入的退款金额", "Amount that counts"),
        *(PAID_AT, CELL, GROUP_ID),
        Column("order_in_window", "bool", "订单在本期付款", "Order paid in the window"),
        Column("in_window", "bool", "在本期退款", "Refunded in the window"),
    ),
    ("order_id", "refund_id"),
)
"""Refunds before as_of: those of orders paid in the window, and those that fell in it."""

NEW_MEMBERS = Spec(
    "new_members",
    "新成员",
    "New members",
    (
        *(GROUP_ID, MEMBER_ID, Column("joined_at", "instant", "入群时间", "Joined at")),
        Column("n", "count", "同一时刻第几次", "Nth at that instant"),
        *(CUSTOMER_ID, Column("nickname", "text", "昵称", "Nickname"), GROUP_NAME),
        Column("left_at", "instant", "退群时间", "Left at"),
        Column("inferred", "bool", "由快照推断", "Inferred from a snapshot"),
        *(SOURCE_KIND, NOTE_ID, NOTE_TITLE, CREATOR_ID, CREATOR_NAME, MCN, LIVE_ID),
    ),
    ("group_id", "member_id", "joined_at", "n"),
    people=True,
)
"""Memberships begun in the window; left_at is empty for one that was open at as_of."""

BUYERS = Spec(
    "buyers",
    "复购明细",
    "Buyers",
    (
        *(CUSTOMER_ID, Column("segment", "word", "人群", "Segment")),
        Column("anchor_order_id", "id", "首购订单号", "First purchase's order id"),
        Column("anchor_at", "instant", "首购时间", "First purchase at"),
        *(GROUP_ID, NOTE_ID, CREATOR_ID),
        Column("second_at", "instant", "第二次购买时间", "Second purchase at"),
        Column("second_order_id", "id", "第二次购买订单号", "Second purchase's order id"),
        Column("mature", "bool", "观察期已满", "Mature"),
        Column("repeat", "bool", "30 日内复购", "Bought again within 30 days"),
    ),
    ("customer_id",),
    people=True,
)
"""The cohort of the newest period. repeat is empty of whom is not mature."""
