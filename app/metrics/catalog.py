"""The catalog: every metric once, with its name, labels, unit and definition.

Answers, docs, exports and pages take their labels from here.
"""

from typing import Literal

import msgspec

Unit = Literal["ratio", "minor currency unit", "count"]

OURS = "Hongqun"
"""The source of a definition that is our own."""


class Metric(msgspec.Struct, frozen=True, kw_only=True):
    """A metric: `endpoint` answers it in `field`; ratios name what is divided by what."""

    name: str
    endpoint: str
    field: str
    label_zh: str
    label_en: str
    unit: Unit
    sentence_zh: str
    sentence_en: str
    doc: str
    numerator: str | None = None
    denominator: str | None = None
    source: str = OURS


def _ratio(
    name: str,
    where: tuple[str, str, str],
    labels: tuple[str, str],
    divided: tuple[str, str],
    sentences: tuple[str, str],
    source: str = OURS,
) -> Metric:
    endpoint, field, doc = where
    return Metric(
        name=name,
        endpoint=f"/v1/metrics/{endpoint}",
        field=field,
        label_zh=labels[0],
        label_en=labels[1],
        unit="ratio",
        numerator=divided[0],
        denominator=divided[1],
        sentence_zh=sentences[0],
        sentence_en=sentences[1],
        doc=f"docs/metrics.md#{doc}",
        source=source,
    )


SHARE, REPURCHASE = "group-share", "repurchase"

METRICS: tuple[Metric, ...] = (
    _ratio(
        "group_share_touch",
        ("gmv-share", "share.touch", SHARE),
        ("群内成交 GMV 占比", "Group share of GMV, by touch"),
        ("cells.member_and_touch.gmv + cells.touch_only.gmv", "total.gmv"),
        (
            "订单自带来源群，或付款前一段时间内客户点击过群里的卡片，这些订单占品牌 GMV 的比例。",
            "The part of GMV whose orders name a group they came from, or followed a click on a "
            "card in one.",
        ),
        "Xiaohongshu group chat: 群内成交",
    ),
    _ratio(
        "group_share_member",
        ("gmv-share", "share.member", SHARE),
        ("群用户成交 GMV 占比", "Group share of GMV, by membership"),
        ("cells.member_and_touch.gmv + cells.member_only.gmv", "total.gmv"),
        (
            "付款时在品牌任一群里的客户，其订单占品牌 GMV 的比例。",
            "The part of GMV paid by customers who were in a group of the brand at that time.",
        ),
        "Xiaohongshu group chat: 群用户成交",
    ),
    _ratio(
        "match_rate",
        ("gmv-share", "match.rate", SHARE),
        ("用户匹配率", "Match rate"),
        ("match.matched_orders", "match.orders"),
        (
            "客户已知有群成员身份的订单占全部订单的比例；过低时\u201c与群无关\u201d并不可信。",
            "The part of orders whose customer is known as a member at all.",
        ),
    ),
    _ratio(
        "repurchase_window",
        ("repurchase?kind=window", "rate", REPURCHASE),
        ("窗口复购率", "Repurchase rate within a window"),
        ("repeat_buyers", "buyers"),
        (
            "在所选时间内购买的客户中，在同一时间内再次购买的比例。",
            "Of those who buy in the window, who buys again in it.",
        ),
    ),
    _ratio(
        "repurchase_cohort",
        ("repurchase?kind=cohort", "rate", REPURCHASE),
        ("首购后复购率", "Repurchase rate of a cohort"),
        ("repeat_buyers", "mature_buyers"),
        (
            "在所选时间内首次购买、且观察期已满的客户中，观察期内再次购买的比例。",
            "Of those whose first purchase ever lies in the window and is old enough, who bought "
            "again within the days asked for.",
        ),
        "Cohort analysis; the curve: Kaplan and Meier 1958",
    ),
    _ratio(
        "returning_rate",
        ("repurchase?kind=returning", "rate", REPURCHASE),
        ("老客占比", "Returning customer rate"),
        ("returning_buyers", "buyers"),
        (
            "在所选时间内购买的客户中，此前已购买过的比例。",
            "Of those who buy in the window, who had bought before it.",
        ),
        "Shopify: returning customer rate",
    ),
    _ratio(
        "next_period_rate",
        ("repurchase?kind=next_period", "rate", REPURCHASE),
        ("下期留存率", "Next-period retention of buyers"),
        ("retained_buyers", "buyers"),
        (
            "在所选时间内购买的客户中，在紧接着的同样天数内再次购买的比例。",
            "Of those who buy in the window, who buys in the one of as many days that follows it.",
        ),
    ),
    _ratio(
        "repurchase_lift",
        ("repurchase", "lift", REPURCHASE),
        ("群用户复购倍数", "Repurchase lift of group members"),
        ("by_segment.group.rate", "by_segment.non_group.rate"),
        ("群用户复购率是非群用户的几倍。", "The group's repurchase rate over everybody else's."),
    ),
    _ratio(
        "stay_rate",
        ("retention?kind=stay", "rows[].rate", "retention"),
        ("入群留存率", "Retention of members"),
        ("rows[].retained", "rows[].mature"),
        (
            "入群满 n 天的成员关系中，第 n 天结束时仍未退群的比例。",
            "Of memberships at least n days old, which had not ended before day n was over.",
        ),
    ),
    _ratio(
        "speak_rate",
        ("retention?kind=speak", "rows[].rate", "retention"),
        ("入群发言留存率", "Speaking retention of members"),
        ("rows[].retained", "rows[].mature"),
        (
            "入群满 n 天的成员关系中，客户在第 n 天于该群发过言的比例。",
            "Of memberships at least n days old, whose customer spoke in that group on day n.",
        ),
    ),
    _ratio(
        "interaction_rate",
        ("activity", "rows[].interaction_rate", "group-activity"),
        ("群互动率", "Interaction rate"),
        ("rows[].speaking_members", "rows[].members_during"),
        (
            "时段内曾在群的客户中，发过言的比例。",
            "Of those who were members at some time in the bucket, who spoke in it.",
        ),
    ),
    _ratio(
        "leave_rate",
        ("activity", "rows[].leave_rate", "group-activity"),
        ("退群率", "Leave rate"),
        ("rows[].leaves", "rows[].members_start"),
        (
            "时段内退群的次数与时段开始时成员数之比。",
            "Memberships ended in the bucket over the members at its start.",
        ),
    ),
    _ratio(
        "before_after_purchases",
        ("before-after", "ratio.purchases", "before-and-after-joining"),
        ("入群前后购买次数比", "Purchases after over before joining"),
        ("after.purchases", "before.purchases"),
        (
            "同一批客户入群后与入群前同样天数内的购买次数之比。",
            "The same customers' purchases in as many days after and before joining.",
        ),
    ),
    _ratio(
        "before_after_gmv",
        ("before-after", "ratio.gmv", "before-and-after-joining"),
        ("入群前后 GMV 比", "GMV after over before joining"),
        ("after.gmv", "before.gmv"),
        (
            "同一批客户入群后与入群前同样天数内的 GMV 之比。",
            "The same customers' GMV in as many days after and before joining.",
        ),
    ),
    Metric(
        name="gmv",
        endpoint="/v1/metrics/gmv-share",
        field="total.gmv",
        label_zh="品牌 GMV",
        label_en="Brand GMV",
        unit="minor currency unit",
        sentence_zh="已付款的普通、定金、预售订单的金额之和；口径分 gross、net、net_ledger。",
        sentence_en="The amounts of paid normal, deposit and presale orders, in three bases.",
        doc=f"docs/metrics.md#{SHARE}",
    ),
    Metric(
        name="funnel_joins",
        endpoint="/v1/metrics/funnel",
        field="rows[].joins",
        label_zh="入群次数",
        label_en="Joins",
        unit="count",
        sentence_zh="在所选时间内由该来源开始的成员关系数。",
        sentence_en="Memberships that began in the window from that source.",
        doc="docs/metrics.md#funnel",
    ),
    Metric(
        name="live_gmv",
        endpoint="/v1/metrics/lives",
        field="rows[].gmv",
        label_zh="直播成交 GMV",
        label_en="GMV of a live",
        unit="minor currency unit",
        sentence_zh="订单自带该直播，或观看过该直播的客户在直播期间及其后宽限时间内付款的订单金额。",
        sentence_en="Orders that name the live, or were paid by its viewers from its start to its "
        "end and the hours of grace.",
        doc="docs/metrics.md#lives",
    ),
)
