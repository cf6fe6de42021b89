"""What goes on in groups and lives."""

from app.metrics.entries.entry import Metric, metric

ACTIVITY: tuple[Metric, ...] = (
    metric(
        "interaction_rate",
        ("activity", "rows[].interaction_rate"),
        ("群互动率", "时段内曾在群的客户中，发过言的比例。"),
        (
            "Interaction rate",
            "Of those who were members at some time in the bucket, who spoke in it.",
        ),
        unit="ratio",
        over=("rows[].speaking_members", "rows[].members_during"),
    ),
    metric(
        "leave_rate",
        ("activity", "rows[].leave_rate"),
        ("退群率", "时段内退群的次数与时段开始时成员数之比。"),
        ("Leave rate", "Memberships ended in the bucket over the members at its start."),
        unit="ratio",
        over=("rows[].leaves", "rows[].members_start"),
    ),
    metric(
        "members_start",
        ("activity", "rows[].members_start"),
        ("期初成员数", "时段开始时在群的去重客户数。"),
        ("Members at the start", "Distinct customers in the group when the bucket begins."),
    ),
    metric(
        "members_end",
        ("activity", "rows[].members_end"),
        ("期末成员数", "时段结束时在群的去重客户数。"),
        ("Members at the end", "Distinct customers in the group when the bucket ends."),
    ),
    metric(
        "joins",
        ("activity", "rows[].joins"),
        ("入群次数", "时段内开始的成员关系数。"),
        ("Joins", "Memberships begun in the bucket."),
    ),
    metric(
        "leaves",
        ("activity", "rows[].leaves"),
        ("退群次数", "时段内结束的成员关系数。"),
        ("Leaves", "Memberships ended in the bucket."),
    ),
    metric(
        "messages",
        ("activity", "rows[].messages"),
        ("消息数", "时段内发送且未撤回的消息数。"),
        ("Messages", "Messages sent in the bucket and not recalled."),
    ),
    metric(
        "speakers",
        ("activity", "rows[].speakers"),
        ("发言客户数", "时段内发过消息的去重客户数，无论是否撤回。"),
        ("Speakers", "Distinct customers who sent any message in the bucket, recalled or not."),
    ),
    metric(
        "members_during",
        ("activity", "rows[].members_during"),
        ("曾在群客户数", "时段内曾经在群的去重客户数。"),
        ("Members during", "Distinct customers who were members at some time in the bucket."),
    ),
    metric(
        "speaking_members",
        ("activity", "rows[].speaking_members"),
        ("发言的成员数", "曾在群客户中发过言的人数。"),
        ("Speaking members", "Those of the members during who spoke."),
    ),
)

LIVES: tuple[Metric, ...] = (
    metric(
        "live_gmv",
        ("lives", "rows[].gmv"),
        (
            "直播成交 GMV",
            "订单自带该直播，或观看过该直播的客户在直播期间及其后宽限时间内付款的订单金额。",
        ),
        (
            "GMV of a live",
            "Orders that name the live, or were paid by its viewers from its start to its end and "
            "the hours of grace.",
        ),
        unit="minor currency unit",
    ),
    metric(
        "live_orders",
        ("lives", "rows[].orders"),
        ("直播成交订单数", "计入该直播的 GMV 订单数。"),
        ("Orders of a live", "The GMV orders that count for the live."),
    ),
    metric(
        "viewers",
        ("lives", "rows[].viewers"),
        ("观看客户数", "看过该直播的去重客户数。"),
        ("Viewers", "Distinct customers who watched the live."),
    ),
    metric(
        "group_viewers",
        ("lives", "rows[].group_viewers"),
        ("群用户观看客户数", "从群里进入，或观看时在品牌任一群里的观看客户数。"),
        ("Group viewers", "Viewers who came from a group, or were in one then."),
    ),
    metric(
        "live_joins",
        ("lives", "rows[].joins"),
        ("直播带来的入群次数", "以该直播为来源的成员关系数。"),
        ("Joins from a live", "Memberships that name the live as their source."),
    ),
    metric(
        "live_member_orders",
        ("lives", "rows[].member_orders"),
        ("其中群用户订单数", "计入该直播、付款时客户在群里的订单数。"),
        ("Orders of members", "Those of its orders that were paid by a member of a group."),
    ),
    metric(
        "live_member_gmv",
        ("lives", "rows[].member_gmv"),
        ("其中群用户 GMV", "计入该直播、付款时客户在群里的订单金额。"),
        ("GMV of members", "The amounts of those orders."),
        unit="minor currency unit",
    ),
)
