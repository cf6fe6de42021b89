"""What our words are called in a workbook: cells, reasons, kinds, states."""

from app.metrics.entries.gmv_share import CELLS
from app.metrics.words import Language

LABELS: dict[str, tuple[str, str]] = {
    **{cell: labels for cell, (labels, _) in CELLS.items()},
    # Why an order is in its cell.
    "touch_by_order": ("订单自带来源群", "The order names a group"),
    "touch_by_click": ("付款前点击群卡片", "Clicked a card in a group"),
    "member": ("群成员", "Member"),
    # Bases of GMV.
    "gross": ("成交额", "Gross"),
    "net": ("扣除退款", "Net of refunds"),
    "net_ledger": ("按退款发生时间", "Refunds at their own time"),
    # Segments of buyers.
    "all": ("全部", "All"),
    "group": ("群用户", "Group members"),
    "non_group": ("非群用户", "Everybody else"),
    # Kinds of retention.
    "stay": ("在群", "Stayed"),
    "speak": ("发言", "Spoke"),
    # Kinds of orders.
    "normal": ("普通", "Normal"),
    "deposit": ("定金", "Deposit"),
    "presale": ("预售", "Presale"),
    "replacement": ("补发", "Replacement"),
    "gift": ("赠品", "Gift"),
    "test": ("测试", "Test"),
    # How far an order has come, and what was refunded of it.
    "placed": ("已下单", "Placed"),
    "paid": ("已付款", "Paid"),
    "completed": ("已完成", "Completed"),
    "cancelled": ("已取消", "Cancelled"),
    "none": ("无", "None"),
    "partial": ("部分", "Partial"),
    "full": ("全部", "Full"),
    # Where joinings come from.
    "note": ("笔记", "Note"),
    "live": ("直播", "Live"),
    "direct_message": ("私信", "Direct message"),
    "share": ("分享", "Share"),
    "profile": ("主页", "Profile"),
    "search": ("搜索", "Search"),
    "qr_code": ("二维码", "QR code"),
    "other": ("其他", "Other"),
    # Kinds of creators.
    "brand": ("品牌号", "Brand"),
    "employee": ("员工", "Employee"),
    "kol": ("KOL", "KOL"),
    "koc": ("KOC", "KOC"),
    "customer": ("顾客", "Customer"),
    # Roles in groups, and how a membership ended.
    "owner": ("群主", "Owner"),
    "admin": ("管理员", "Admin"),
    "left": ("主动退群", "Left"),
    "removed": ("被移出", "Removed"),
    "dismissed": ("群已解散", "The group was dismissed"),
    "now": ("现在", "Now"),
    "ever": ("任何时候", "Ever"),
    # What is looked at in data quality, and how it stands.
    "dead_letters": ("未接受的事件（全部）", "Events not accepted (all)"),
    "dead_letters_in_window": ("未接受的事件（本期收到）", "Events not accepted (in the window)"),
    "oversized_requests": ("过大而被拒的请求", "Requests refused for their size"),
    "pending_events": ("待处理的事件", "Events that wait"),
    "pending_recomputes": ("待重算的项目", "Recomputes that wait"),
    "match_rate": ("用户匹配率", "Match rate"),
    "suspect_snapshots": ("可疑的群快照", "Suspect snapshots"),
    "ingestion_gaps": ("数据缺口（群 × 日）", "Gaps (groups × days)"),
    "refund_surplus": ("退款超过订单金额", "Refunds beyond the order's amount"),
    "orders_without_buyer": ("没有买家的订单", "Orders without a buyer"),
    "verify_differences": ("夜间核对的差异", "Differences of the nightly check"),
    "window_not_over": ("时间未满", "The window is not over"),
    "immature_buyers": ("观察期未满", "Not old enough"),
    "messages_detached": ("更早的消息已分离", "Earlier messages detached"),
    "short_history": ("历史数据不足", "History too short"),
    "ok": ("正常", "Fine"),
    "info": ("提示", "Note"),
    "warning": ("注意", "Warning"),
    # Units.
    "ratio": ("比例", "Ratio"),
    "count": ("数量", "Count"),
    "money": ("金额", "Money"),
    # Stages of customers' lives.
    "new": ("新客", "New"),
    "active": ("活跃", "Active"),
    "at_risk": ("流失风险", "At risk"),
    "lapsed": ("已流失", "Lapsed"),
}
"""Each word by its Chinese and English label; "neither" is a cell and a reason alike."""


def word(value: str, language: Language) -> str:
    """What a word is called; one that is unknown here stands for itself."""
    labels = LABELS.get(value)
    return value if labels is None else labels[0 if language == "zh-CN" else 1]
