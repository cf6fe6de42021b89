"""Tables of sums, a row a period: group share, repurchase, retention."""

from app.exports.frame import Column, Spec
from app.exports.specs.columns import PERIOD, of
from app.metrics.entries.gmv_share import CELLS, SHARES

GROUP_SHARE = Spec(
    "group_share",
    "群成交占比",
    "Group share",
    (
        *PERIOD,
        Column("basis", "word", "口径", "Basis"),
        *of("gmv-share", orders="total.orders", gmv="total.gmv"),
        *of("gmv-share", **{f"share_{name}": f"share.{name}" for name in SHARES}),
        *of(
            "gmv-share",
            **{
                f"{cell}_{of_}": f"cells.{cell}.{of_}"
                for cell in CELLS
                for of_ in ("orders", "gmv")
            },
        ),
        *of("gmv-share", **{f"order_share_{name}": f"order_share.{name}" for name in SHARES}),
        *of("gmv-share", matched_orders="match.matched_orders", match_rate="match.rate"),
        *of(
            "gmv-share",
            uncredited_orders="uncredited.orders",
            uncredited_gmv="uncredited.gmv",
        ),
    ),
    ("period", "basis"),
)
"""The three bases of each period; orders are those paid in it, in each of them."""

REPURCHASE = Spec(
    "repurchase",
    "30 日复购",
    "30-day repurchase",
    (
        *PERIOD,
        Column("cohort_start", "date", "首购开始日期", "First day of first purchases"),
        Column("cohort_end", "date", "首购结束日期（不含）", "End of first purchases (excluded)"),
        Column("segment", "word", "人群", "Segment"),
        *of(
            "repurchase",
            *("buyers", "mature_buyers", "immature_buyers", "repeat_buyers", "rate", "lift"),
            kind="cohort",
        ),
    ),
    ("period", "segment"),
)
"""Of whose first purchase ever lies in the cohort's days, who bought again within 30 days."""

RETENTION = Spec(
    "retention",
    "入群留存",
    "Retention",
    (
        *PERIOD,
        Column("kind", "word", "口径", "Kind"),
        *of("retention", "day"),
        *of("retention", "mature"),
        Column("retained", "count", "其中留下（发言）的成员关系数", "Memberships retained"),
        Column("rate", "ratio", "留存率", "Retention rate"),
    ),
    ("period", "kind", "day"),
)
"""Of the memberships begun in the period, which were there, or spoke, n local days later."""
