"""Orders, with what they are credited to."""

from typing import Any

from sqlalchemy import Select, case, func

from app.exports.listed.meant import (
    CREATOR_ID,
    CREATOR_NAME,
    CUSTOMER_ID,
    GROUP_ID,
    GROUP_NAME,
    LIVE_ID,
    LIVE_TITLE,
    MCN,
    NOTE_ID,
    NOTE_TITLE,
    Sheet,
    meant,
)
from app.exports.listed.named import Rows
from app.exports.spool import micros

SHEET = Sheet(
    "orders",
    "订单",
    "Orders",
    (
        meant(
            "order_id",
            "id",
            ("订单号", "Order id"),
            ("平台的订单号。", "The platform's id of the order."),
        ),
        meant(
            "status",
            "word",
            ("状态", "Status"),
            (
                "已取消；否则已完成；否则已付款；否则已下单。",
                "Cancelled, else completed, else paid, else placed.",
            ),
        ),
        meant(
            "kind",
            "word",
            ("订单类型", "Kind of order"),
            (
                "普通、定金、预售计入 GMV，其他不计。",
                "Normal, deposit and presale count as GMV, others do not.",
            ),
        ),
        meant(
            "buyer_id",
            "id",
            ("买家 ID", "Buyer id"),
            ("平台的店铺用户 ID。", "The platform's shop user id."),
        ),
        CUSTOMER_ID,
        meant(
            "amount",
            "money",
            ("金额", "Amount"),
            ("付款金额，不因退款而减少。", "What was paid; a refund does not lower it."),
        ),
        meant("currency", "id", ("币种", "Currency"), ("ISO 4217。", "ISO 4217.")),
        meant(
            "refunded",
            "money",
            ("已退款", "Refunded"),
            (
                "GMV 订单已退的金额，不超过订单金额；其他订单为空。",
                "Of a GMV order, at most its amount; empty of others.",
            ),
        ),
        meant("placed_at", "instant", ("下单时间", "Placed at"), ("下单的时间。", "When.")),
        meant("paid_at", "instant", ("付款时间", "Paid at"), ("付款的时间。", "When.")),
        meant("cancelled_at", "instant", ("取消时间", "Cancelled at"), ("取消的时间。", "When.")),
        meant("completed_at", "instant", ("完成时间", "Completed at"), ("完成的时间。", "When.")),
        meant(
            "original_order_id",
            "id",
            ("原订单号", "Original order id"),
            ("补发等所对应的原订单。", "What a replacement is for."),
        ),
        meant(
            "cell",
            "word",
            ("成交分类", "Cell"),
            (
                "付款时客户是否群用户、订单是否群内成交；仅 GMV 订单。",
                "Whether the customer was a member and the order a touch; of GMV orders.",
            ),
        ),
        *(GROUP_ID, GROUP_NAME, NOTE_ID, NOTE_TITLE, CREATOR_ID, CREATOR_NAME, MCN),
        *(LIVE_ID, LIVE_TITLE),
    ),
    ("order_id",),
    people=True,
)
"""Group, note, creator and live are those credited."""


def statement(brand_id: int, found: Select[Any]) -> Select[Any]:
    """These orders with their credits."""
    rows = Rows(brand_id, found, SHEET.key)
    o = rows.found.c
    credit = rows.one("order_credit", o.order_id, "credit")
    buyer = rows.one("identity", o.buyer_id, "buyer", ("space", "buyer"), key="id")
    group = rows.one("chat_group", credit.group_id, "credited_group")
    note = rows.one("note", credit.note_id, "credited_note")
    maker = func.coalesce(credit.touch_creator_id, note.creator_id)
    creator = rows.one("creator", maker, "maker")
    live = rows.one("live", credit.live_id, "credited_live")
    status = case(
        (o.cancelled_at.is_not(None), "cancelled"),
        (o.completed_at.is_not(None), "completed"),
        (o.paid_at.is_not(None), "paid"),
        else_="placed",
    )
    return rows.select(
        order_id=o.order_id,
        status=status,
        kind=func.coalesce(o.kind, "normal"),
        buyer_id=o.buyer_id,
        customer_id=buyer.customer_id,
        amount=o.amount,
        currency=o.currency,
        refunded=credit.refunded,
        placed_at=micros(o.placed_at),
        paid_at=micros(o.paid_at),
        cancelled_at=micros(o.cancelled_at),
        completed_at=micros(o.completed_at),
        original_order_id=o.original_order_id,
        cell=credit.cell,
        group_id=credit.group_id,
        group_name=group.name,
        note_id=credit.note_id,
        note_title=note.title,
        creator_id=maker,
        creator_name=creator.name,
        mcn=creator.mcn,
        live_id=credit.live_id,
        live_title=live.title,
    )
