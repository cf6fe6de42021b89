"""Repurchase: buyers, those who come again, and the rates of the four kinds."""

from app.metrics.entries.entry import Metric, metric

WINDOW, COHORT = "repurchase?kind=window", "repurchase?kind=cohort"
RETURNING, NEXT = "repurchase?kind=returning", "repurchase?kind=next_period"

METRICS: tuple[Metric, ...] = (
    metric(
        "repurchase_window",
        (WINDOW, "rate"),
        ("窗口复购率", "在所选时间内购买的客户中，在同一时间内再次购买的比例。"),
        (
            "Repurchase rate within a window",
            "Of those who buy in the window, who buys again in it.",
        ),
        unit="ratio",
        over=("repeat_buyers", "buyers"),
    ),
    metric(
        "repurchase_cohort",
        (COHORT, "rate"),
        (
            "首购后复购率",
            "在所选时间内首次购买、且观察期已满的客户中，观察期内再次购买的比例。",
        ),
        (
            "Repurchase rate of a cohort",
            "Of those whose first purchase ever lies in the window and is old enough, who bought "
            "again within the days asked for.",
        ),
        unit="ratio",
        over=("repeat_buyers", "mature_buyers"),
        source="Cohort analysis; the curve: Kaplan and Meier 1958",
    ),
    metric(
        "returning_rate",
        (RETURNING, "rate"),
        ("老客占比", "在所选时间内购买的客户中，此前已购买过的比例。"),
        (
            "Returning customer rate",
            "Of those who buy in the window, who had bought before it.",
        ),
        unit="ratio",
        over=("returning_buyers", "buyers"),
        source="Retail reports: share of returning customers",
    ),
    metric(
        "next_period_rate",
        (NEXT, "rate"),
        ("下期留存率", "在所选时间内购买的客户中，在紧接着的同样天数内再次购买的比例。"),
        (
            "Next-period retention of buyers",
            "Of those who buy in the window, who buys in the one of as many days that follows it.",
        ),
        unit="ratio",
        over=("retained_buyers", "buyers"),
    ),
    metric(
        "repurchase_lift",
        ("repurchase", "lift"),
        ("群用户复购倍数", "群用户复购率是非群用户的几倍。"),
        (
            "Repurchase lift of group members",
            "The group's repurchase rate over everybody else's.",
        ),
        unit="ratio",
        over=("by_segment.group.rate", "by_segment.non_group.rate"),
    ),
    metric(
        "repurchase_curve",
        (COHORT, "curve[].rate"),
        ("到第 n 天的复购率", "首次购买后 n 天内再次购买的比例，观察期未满者用到观察的最后一刻。"),
        (
            "Repurchase rate by day n",
            "The share that has bought again within n days; who is not old enough counts for as "
            "long as seen.",
        ),
        unit="ratio",
        source="Kaplan and Meier 1958",
    ),
    metric(
        "buyers",
        ("repurchase", "buyers"),
        ("购买客户数", "在所选时间内有购买的客户数。"),
        ("Buyers", "Customers with a purchase in the window."),
    ),
    metric(
        "repeat_buyers",
        (WINDOW, "repeat_buyers"),
        ("窗口内复购客户数", "在所选时间内购买两次及以上的客户数。"),
        ("Repeat buyers in the window", "Customers with a second purchase in the window."),
    ),
    metric(
        "cohort_buyers",
        (COHORT, "buyers"),
        ("首购客户数", "有生以来第一次购买落在所选时间内的客户数。"),
        ("First-time buyers", "Customers whose first purchase ever lies in the window."),
    ),
    metric(
        "mature_buyers",
        (COHORT, "mature_buyers"),
        ("观察期已满的首购客户数", "首次购买后观察期已满的客户数。"),
        ("Mature buyers", "First-time buyers whose days to buy again are over."),
    ),
    metric(
        "immature_buyers",
        (COHORT, "immature_buyers"),
        ("观察期未满的首购客户数", "首次购买后观察期未满、不计入复购率的客户数。"),
        ("Immature buyers", "First-time buyers who still have days left, and count in no rate."),
    ),
    metric(
        "cohort_repeat_buyers",
        (COHORT, "repeat_buyers"),
        ("观察期内复购客户数", "观察期已满的首购客户中，观察期内再次购买的客户数。"),
        ("Mature buyers who bought again", "Mature buyers with a second purchase in their days."),
    ),
    metric(
        "returning_buyers",
        (RETURNING, "returning_buyers"),
        ("老客数", "在所选时间内购买、此前也购买过的客户数。"),
        ("Returning buyers", "Buyers of the window who had bought before it."),
    ),
    metric(
        "retained_buyers",
        (NEXT, "retained_buyers"),
        ("下期仍购买的客户数", "在所选时间内购买、在紧接着的同样天数内也购买的客户数。"),
        ("Retained buyers", "Buyers of the window who buy in the one that follows it."),
    ),
)
