"""Columns that many tables have, and those that the catalog of metrics names."""

from app.exports.frame import Column, ColumnType
from app.metrics.catalog import columns

UNITS: dict[str, ColumnType] = {
    "ratio": "ratio",
    "minor currency unit": "money",
    "count": "count",
    "days": "count",
    "id": "id",
    "text": "text",
    "local date": "date",
    "instant": "instant",
}
PERIOD = (
    Column("period", "id", "周期", "Period"),
    Column("start", "date", "开始日期", "First day"),
    Column("end", "date", "结束日期（不含）", "End (excluded)"),
    Column("as_of", "instant", "统计截至", "As of"),
)
NOTE_ID = Column("note_id", "id", "笔记 ID", "Note id")
NOTE_TITLE = Column("note_title", "text", "笔记标题", "Note")
CREATOR_ID = Column("creator_id", "id", "作者 ID", "Creator id")
CREATOR_NAME = Column("creator_name", "text", "作者", "Creator")
MCN = Column("mcn", "text", "MCN 机构", "MCN")
GROUP_ID = Column("group_id", "id", "群 ID", "Group id")
GROUP_NAME = Column("group_name", "text", "群名称", "Group")
LIVE_ID = Column("live_id", "id", "直播 ID", "Live id")
SOURCE_KIND = Column("source_kind", "word", "入群来源", "Source of joining")
CUSTOMER_ID = Column("customer_id", "id", "客户 ID", "Customer id")
MEMBER_ID = Column("member_id", "id", "成员 ID", "Member id")
ORDER_ID = Column("order_id", "id", "订单号", "Order id")
PAID_AT = Column("paid_at", "instant", "付款时间", "Paid at")
CELL = Column("cell", "word", "成交分类", "Cell")


def of(question: str, *names: str, kind: str | None = None, **keys: str) -> tuple[Column, ...]:
    """Columns of an answer as the catalog names them; `keys`: what others are called here."""
    found = columns(question, kind)
    asked = {name: name for name in names} | keys
    return tuple(
        Column(key, UNITS[found[name].unit], found[name].label_zh, found[name].label_en)
        for key, name in asked.items()
    )
