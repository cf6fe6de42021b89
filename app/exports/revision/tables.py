"""What moved, and the rows that did it, as tables."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

import pyarrow as pa

from app.exports.frame import Column, Frame, Spec, frame_of
from app.exports.revision.causes import label
from app.exports.revision.change import Change
from app.exports.words import word
from app.metrics.words import Language
from app.sheets.cells import MINOR

MOVED = Spec(
    "moved",
    "变动说明",
    "What moved",
    (
        Column("where", "text", "表", "Table"),
        Column("row", "text", "行", "Row"),
        Column("number", "text", "指标", "Number"),
        Column("before", "text", "上一版", "Before"),
        Column("after", "text", "本版", "After"),
        Column("difference", "text", "差异", "Difference"),
        Column("causes", "text", "原因", "What did it"),
        Column("examples", "text", "例如", "Such as"),
        Column("link", "link", "查看", "Look"),
        Column("table", "id", "表名", "Name of the table", aside=True),
        Column("key", "id", "行键", "Key of the row", aside=True),
        Column("column", "id", "列名", "Name of the column", aside=True),
        Column("unit", "word", "单位", "Unit", aside=True),
        Column("value_before", "number", "上一版数值", "Value before", aside=True),
        Column("value_after", "number", "本版数值", "Value after", aside=True),
        Column("value_difference", "number", "差异数值", "Difference of values", aside=True),
    ),
    people=True,  # a link may lead to a customer
)
"""The values are exact, money in the minor unit; what else tells of them is to be read."""

CHANGES = Spec(
    "changes",
    "变动明细",
    "Changed rows",
    (
        Column("cause", "id", "原因代码", "Code of the cause"),
        Column("cause_said", "text", "原因", "Cause"),
        Column("table", "id", "表名", "Table"),
        Column("row", "id", "行键", "Key of the row"),
        Column("field", "id", "字段", "Field"),
        Column("before", "text", "上一版", "Before"),
        Column("after", "text", "本版", "After"),
        Column("order_id", "id", "订单号", "Order id"),
        Column("refund_id", "id", "退款号", "Refund id"),
        Column("group_id", "id", "群 ID", "Group id"),
        Column("member_id", "id", "成员 ID", "Member id"),
        Column("customer_id", "id", "客户 ID", "Customer id"),
        Column("link", "link", "查看", "Look"),
        Column("event_id", "id", "事件 ID", "Event id"),
        Column("event_source", "id", "事件来源", "Event's source"),
        Column("received_at", "instant", "接收时间", "Received at"),
        Column("merge_id", "id", "合并编号", "Merge id"),
        Column("actor", "id", "操作人", "Made by"),
    ),
    people=True,
)
"""The event, received since the revision before, that told of it; or the operator's merge."""

Value = int | Decimal | None


def frame(spec: Spec, rows: Iterable[dict[str, Any]]) -> Frame:
    """A frame of rows that are few."""
    return frame_of(spec, pa.Table.from_pylist(list(rows), schema=spec.schema))


def shown(column: Column, value: Value, currency: str, difference: bool = False) -> str | None:
    """A number as a reader has it: money in the major unit, ratios as percentages."""
    if value is None:
        return None
    sign = "+" if difference else ""
    if column.type == "money":
        places = MINOR.get(currency, 2)
        return f"{Decimal(value).scaleb(-places):{sign},.{places}f}"
    if column.type == "ratio":
        if column.key == "lift":
            return f"{value:{sign}.2f}×"
        return f"{Decimal(value) * 100:{sign}.2f}" + (" pp" if difference else "%")
    return f"{value:{sign},}"


def exact(value: Value) -> Decimal | None:
    """A number as machines read it."""
    return None if value is None else Decimal(value)


def key_shown(spec: Spec, key: tuple[Any, ...], row: dict[str, Any], language: Language) -> str:
    """Which row of a table, in words: what it is called, else its key."""
    titles = {
        "notes": "note_title",
        "creators": "creator_name",
        "groups": "group_name",
        "lives": "title",
    }
    title = row.get(titles.get(spec.name, ""))
    if title:
        return str(title)
    if all(part is None for part in key):
        return "（无）" if language == "zh-CN" else "(none)"
    types = {column.key: column.type for column in spec.columns}
    parts = []
    for name, part in zip(spec.key, key, strict=True):
        said = "" if part is None else str(part)
        if name == "day":
            said = f"第 {said} 天" if language == "zh-CN" else f"day {said}"
        parts.append(word(said, language) if types.get(name) == "word" else said)
    return " · ".join(parts)


def change_row(
    change: Change, language: Language, base: str, told: dict[str, Any]
) -> dict[str, Any]:
    """A change as a row; `told` is of the event or merge that did it."""
    evidence = change.evidence
    return {
        "cause": evidence.cause,
        "cause_said": label(evidence.cause, language)
        + (f" ({evidence.example})" if evidence.cause == "setting" else ""),
        "table": change.table,
        "row": change.key,
        "field": change.field,
        "before": change.before,
        "after": change.after,
        "order_id": change.order_id,
        "refund_id": change.refund_id,
        "group_id": change.group_id,
        "member_id": change.member_id,
        "customer_id": change.customer_id,
        "link": base + evidence.link if evidence.link else None,
        **told,
    }
