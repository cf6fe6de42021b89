"""Tables about the numbers themselves: how far they hold, and what they mean."""

from app.exports.frame import Column, Spec

DATA_QUALITY = Spec(
    "data_quality",
    "数据质量",
    "Data quality",
    (
        Column("check", "word", "检查项", "Check"),
        Column("severity", "word", "程度", "Severity"),
        Column("value", "count", "数量", "Count"),
        Column("rate", "ratio", "比例", "Rate"),
        Column("note", "text", "说明", "Note"),
    ),
)

DEFINITIONS = Spec(
    "definitions",
    "指标口径",
    "Definitions",
    (
        Column("table", "text", "表", "Table"),
        Column("column", "id", "字段", "Column"),
        Column("label", "text", "名称", "Label"),
        Column("sentence", "text", "定义", "Definition"),
        Column("unit", "word", "单位", "Unit"),
        Column("numerator", "text", "分子", "Numerator"),
        Column("denominator", "text", "分母", "Denominator"),
        Column("doc", "text", "文档", "Documentation"),
        Column("source", "text", "出处", "Source"),
        Column("rule_version", "count", "口径版本", "Rule version"),
    ),
)
