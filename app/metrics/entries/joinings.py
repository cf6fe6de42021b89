"""What becomes of those who join: funnel, retention, and before and after joining."""

from app.metrics.entries.entry import Metric, metric

STAY, SPEAK = "retention?kind=stay", "retention?kind=speak"

FUNNEL: tuple[Metric, ...] = (
    metric(
        "funnel_joins",
        ("funnel", "rows[].joins"),
        ("入群次数", "在所选时间内由该来源开始的成员关系数。"),
        ("Joins", "Memberships that began in the window from that source."),
    ),
    metric(
        "funnel_joined_customers",
        ("funnel", "rows[].joined_customers"),
        ("入群客户数", "这些成员关系的去重客户数。"),
        ("Joined customers", "The distinct customers of these memberships."),
    ),
    metric(
        "funnel_mature_joins",
        ("funnel", "rows[].mature_joins"),
        ("观察期已满的入群次数", "入群后的观察期已经结束的成员关系数。"),
        ("Mature joins", "Memberships whose days after joining are over."),
    ),
    metric(
        "funnel_left",
        ("funnel", "rows[].left"),
        ("观察期内退群次数", "在入群后的观察期内结束的成员关系数。"),
        ("Left", "Memberships that ended within the days after joining."),
    ),
    metric(
        "funnel_speakers",
        ("funnel", "rows[].speakers"),
        ("发言客户数", "入群后的观察期内在该群发过言的客户数。"),
        ("Speakers", "Customers who spoke in that group within the days after joining."),
    ),
    metric(
        "funnel_buyers",
        ("funnel", "rows[].buyers"),
        ("购买客户数", "入群后的观察期内有购买的客户数。"),
        ("Buyers", "Customers with a purchase within the days after joining."),
    ),
    metric(
        "funnel_repeat_buyers",
        ("funnel", "rows[].repeat_buyers"),
        ("复购客户数", "入群后的观察期内至少在两个本地日购买的客户数。"),
        ("Repeat buyers", "Customers with purchases on two local days after joining, or more."),
    ),
    metric(
        "credited_orders",
        ("funnel", "rows[].credited_orders"),
        ("归因订单数", "所选时间内付款、归因于该来源的 GMV 订单数。"),
        ("Credited orders", "GMV orders paid in the window that are credited to the source."),
    ),
    metric(
        "credited_gmv",
        ("funnel", "rows[].credited_gmv"),
        ("归因 GMV", "归因订单的金额之和，退款不扣。"),
        ("Credited GMV", "The amounts of the credited orders; refunds take nothing off."),
        unit="minor currency unit",
    ),
    metric(
        "credited_net_gmv",
        ("funnel", "rows[].credited_net_gmv"),
        ("归因净 GMV", "归因订单的金额减去截至 as_of 的退款。"),
        ("Credited net GMV", "The same less what was refunded until as_of."),
        unit="minor currency unit",
    ),
)

RETENTION: tuple[Metric, ...] = (
    metric(
        "stay_rate",
        (STAY, "rows[].rate"),
        ("入群留存率", "入群满 n 天的成员关系中，第 n 天结束时仍未退群的比例。"),
        (
            "Retention of members",
            "Of memberships at least n days old, which had not ended before day n was over.",
        ),
        unit="ratio",
        over=("rows[].retained", "rows[].mature"),
    ),
    metric(
        "speak_rate",
        (SPEAK, "rows[].rate"),
        ("入群发言留存率", "入群满 n 天的成员关系中，客户在第 n 天于该群发过言的比例。"),
        (
            "Speaking retention of members",
            "Of memberships at least n days old, whose customer spoke in that group on day n.",
        ),
        unit="ratio",
        over=("rows[].retained", "rows[].mature"),
    ),
    metric(
        "retention_mature",
        ("retention", "rows[].mature"),
        ("入群满 n 天的成员关系数", "所选时间内开始、第 n 天已经结束的成员关系数。"),
        ("Memberships n days old", "Memberships begun in the window whose day n was over."),
    ),
    metric(
        "stayed",
        (STAY, "rows[].retained"),
        ("第 n 天仍在群的成员关系数", "其中第 n 天结束时仍未退群的成员关系数。"),
        ("Memberships that stayed", "Those of them that had not ended before day n was over."),
    ),
    metric(
        "spoke",
        (SPEAK, "rows[].retained"),
        ("第 n 天发言的成员关系数", "其中客户在第 n 天于该群发过言的成员关系数。"),
        ("Memberships that spoke", "Those of them whose customer spoke in that group on day n."),
    ),
)

BEFORE_AFTER: tuple[Metric, ...] = (
    metric(
        "before_after_purchases",
        ("before-after", "ratio.purchases"),
        ("入群前后购买次数比", "同一批客户入群后与入群前同样天数内的购买次数之比。"),
        (
            "Purchases after over before joining",
            "The same customers' purchases in as many days after and before joining.",
        ),
        unit="ratio",
        over=("after.purchases", "before.purchases"),
    ),
    metric(
        "before_after_gmv",
        ("before-after", "ratio.gmv"),
        ("入群前后 GMV 比", "同一批客户入群后与入群前同样天数内的 GMV 之比。"),
        (
            "GMV after over before joining",
            "The same customers' GMV in as many days after and before joining.",
        ),
        unit="ratio",
        over=("after.gmv", "before.gmv"),
    ),
    metric(
        "newcomers",
        ("before-after", "customers"),
        ("新入群客户数", "在所选时间内第一次入群、且入群已满所问天数的客户数。"),
        ("Newcomers", "Customers who first joined any group in the window, long enough ago."),
    ),
    metric(
        "newcomer_buyers",
        ("before-after", "after.buyers"),
        ("购买客户数", "在该侧（入群前或入群后的同样天数内）有购买的客户数。"),
        ("Buyers", "Those with a purchase on that side: in as many days before or after joining."),
        column="buyers",
    ),
    metric(
        "newcomer_purchases",
        ("before-after", "after.purchases"),
        ("购买次数", "在该侧的购买次数，每个本地日算一次。"),
        ("Purchases", "Purchases on that side, one a local day."),
        column="purchases",
    ),
    metric(
        "newcomer_gmv",
        ("before-after", "after.gmv"),
        ("GMV", "在该侧的 GMV，退款不扣。"),
        ("GMV", "GMV on that side; refunds take nothing off."),
        unit="minor currency unit",
        column="gmv",
    ),
)
