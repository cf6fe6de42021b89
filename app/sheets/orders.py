"""A sheet of orders: a row an order, with its payment and refund."""

from collections.abc import Iterator

from app.sheets.columns import Column
from app.sheets.said import BadRow, Draft, Sheet, Values, some

ORDER_KINDS = {
    **dict.fromkeys(("normal", "普通", "普通订单"), "normal"),
    **dict.fromkeys(("deposit", "定金"), "deposit"),
    **dict.fromkeys(("presale", "预售"), "presale"),
    **dict.fromkeys(("replacement", "补发", "换货"), "replacement"),
    **dict.fromkeys(("gift", "赠品"), "gift"),
    **dict.fromkeys(("test", "测试"), "test"),
}
COLUMNS = (
    Column("order_id", "订单号 订单ID 订单编号", "id", required=True),
    Column("buyer_id", "买家ID 买家用户ID 买家编号", "id", required=True, personal=True),
    Column("amount", "实付金额 支付金额 付款金额", "amount", required=True),
    Column("currency", "币种", "text"),
    Column("kind", "订单类型", "choice", choices=ORDER_KINDS),
    Column("placed_at", "下单时间 创建时间 订单创建时间", "instant"),
    Column("paid_at", "支付时间 付款时间", "instant"),
    Column("cancelled_at", "取消时间", "instant"),
    Column("completed_at", "完成时间", "instant"),
    Column("refunded", "退款金额", "amount"),
    Column("refund_id", "退款单号 售后单号", "id"),
    Column("refunded_at", "退款时间", "instant"),
    Column("refund_reason", "退款原因", "text"),
    Column("original_order_id", "原订单号", "id"),
    Column("touch_group_id", "成交群ID 成交群聊ID", "id"),
    Column("touch_note_id", "成交笔记ID", "id"),
    Column("touch_live_id", "成交直播ID", "id"),
    Column("touch_creator_id", "带货达人ID", "id"),
)
ONLY_REFUND = "import"
"""The refund of an order whose rows give none an id."""


def read(row: Values) -> Iterator[Draft]:
    """order.placed, order.paid, order.cancelled, order.completed and order.refunded.

    Each is there where its time is. A refund without a time has the time of the payment.

    Raises:
        BadRow: where the order was neither placed nor paid, or refunded but never paid.
    """
    placed, paid = row.get("placed_at"), row.get("paid_at")
    if placed is None and paid is None:
        raise BadRow("paid_at", "missing", "An order has a time of placing or of payment.")
    order_id = row["order_id"]
    touch = {
        name: row[f"touch_{name}"]
        for name in ("group_id", "note_id", "live_id", "creator_id")
        if f"touch_{name}" in row
    }
    order = some(
        order_id=order_id,
        buyer_id=row["buyer_id"],
        amount=row["amount"],
        currency=row["currency"],
        kind=row.get("kind"),
        original_order_id=row.get("original_order_id"),
        touch=touch or None,
    )
    only = {"order_id": order_id}
    if placed is not None:
        yield Draft("order.placed", (order_id,), placed, order)
    if paid is not None:
        yield Draft("order.paid", (order_id,), paid, order)
    for name in ("cancelled", "completed"):
        if at := row.get(f"{name}_at"):
            yield Draft(f"order.{name}", (order_id,), at, only)
    refund_id = row.get("refund_id")
    if row.get("refunded") or (refund_id is not None and "refunded" in row):
        at = row.get("refunded_at", paid)
        if at is None:
            raise BadRow("refunded_at", "missing", "A refund has a time, or its order a payment.")
        refund = only | {"refund_id": refund_id or ONLY_REFUND, "amount": row["refunded"]}
        data = refund | some(reason=row.get("refund_reason"))
        assumed = None if "refunded_at" in row else "refunded_at"
        yield Draft("order.refunded", (order_id, refund["refund_id"]), at, data, assumed)


ORDERS = Sheet("orders", COLUMNS, read)
