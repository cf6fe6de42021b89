"""Group share: the total, its four cells, shares of money and of orders, and credited groups."""

from app.metrics.entries.entry import OURS, Metric, metric

XIAOHONGSHU = "Xiaohongshu group chat: {}"
CELLS = {
    "member_and_touch": (
        ("群用户且群内成交", "Member and touch"),
        ("付款时在群里且由群内成交", "by a member, out of a group"),
    ),
    "member_only": (
        ("仅群用户", "Member only"),
        ("付款时在群里但并非群内成交", "by a member, without a touch"),
    ),
    "touch_only": (
        ("仅群内成交", "Touch only"),
        ("由群内成交但付款时不在群里", "out of a group, by no member"),
    ),
    "neither": (
        ("与群无关", "Neither"),
        ("付款时不在群里也并非群内成交", "by no member and without a touch"),
    ),
}
"""A cell's labels, and what its orders have in common, in Chinese and English."""

MONEY = "gmv-share"
SHARES = {
    "touch": (
        ("群内成交", "by touch"),
        (
            "订单自带来源群，或付款前一段时间内客户点击过群里的卡片",
            "whose orders name a group they came from, or followed a click on a card in one",
        ),
        ("member_and_touch", "touch_only"),
        XIAOHONGSHU.format("群内成交"),
    ),
    "member": (
        ("群用户成交", "by membership"),
        (
            "付款时客户在品牌的任一群里",
            "paid by customers who were in a group of the brand at that time",
        ),
        ("member_and_touch", "member_only"),
        XIAOHONGSHU.format("群用户成交"),
    ),
    "low": (
        ("群聊成交（下限）", "at least"),
        ("既是群用户成交又是群内成交", "that is both by membership and by touch"),
        ("member_and_touch",),
        OURS,
    ),
    "high": (
        ("群聊成交（上限）", "at most"),
        ("群用户成交与群内成交至少居其一", "that is by membership, by touch or both"),
        ("member_and_touch", "member_only", "touch_only"),
        OURS,
    ),
}
"""A share's labels, which orders it is of, the cells it adds up, and where it comes from."""


def _cell(cell: str) -> tuple[Metric, Metric]:
    (label_zh, label_en), (which_zh, which_en) = CELLS[cell]
    return (
        metric(
            f"orders_{cell}",
            (MONEY, f"cells.{cell}.orders"),
            (f"{label_zh}：订单数", f"{which_zh}的 GMV 订单数。"),
            (f"{label_en}: orders", f"GMV orders {which_en}."),
        ),
        metric(
            f"gmv_{cell}",
            (MONEY, f"cells.{cell}.gmv"),
            (f"{label_zh}：GMV", f"{which_zh}的 GMV。"),
            (f"{label_en}: GMV", f"GMV {which_en}."),
            unit="minor currency unit",
        ),
    )


def _share(name: str, of: str) -> Metric:
    (label_zh, label_en), (which_zh, which_en), cells, source = SHARES[name]
    is_gmv = of == "gmv"
    added = " + ".join(f"cells.{cell}.{of}" for cell in cells)
    what_zh, what_en = ("GMV", "GMV") if is_gmv else ("订单", "orders")
    return metric(
        f"group_share_{name}" if is_gmv else f"group_order_share_{name}",
        (MONEY, f"share.{name}" if is_gmv else f"order_share.{name}"),
        (f"{label_zh}{what_zh}占比".replace("GMV", " GMV "), f"{which_zh}的{what_zh}所占的比例。"),
        (f"Group share of {what_en}, {label_en}", f"The part of {what_en} {which_en}."),
        unit="ratio",
        over=(added, f"total.{of}"),
        source=source,
    )


METRICS: tuple[Metric, ...] = (
    *(_share(name, "gmv") for name in SHARES),
    metric(
        "match_rate",
        (MONEY, "match.rate"),
        ("用户匹配率", "客户已知有群成员身份的订单占全部订单的比例；过低时“与群无关”并不可信。"),
        ("Match rate", "The part of orders whose customer is known as a member at all."),
        unit="ratio",
        over=("match.matched_orders", "match.orders"),
    ),
    metric(
        "gmv",
        (MONEY, "total.gmv"),
        (
            "品牌 GMV",
            "已付款的普通、定金、预售订单的金额之和；口径分 gross、net、net_ledger。",
        ),
        ("Brand GMV", "The amounts of paid normal, deposit and presale orders, in three bases."),
        unit="minor currency unit",
    ),
    metric(
        "gmv_orders",
        (MONEY, "total.orders"),
        ("GMV 订单数", "所选时间内付款的普通、定金、预售订单数。"),
        ("GMV orders", "Normal, deposit and presale orders paid in the window."),
    ),
    *(each for cell in CELLS for each in _cell(cell)),
    *(_share(name, "orders") for name in SHARES),
    metric(
        "match_orders",
        (MONEY, "match.orders"),
        ("参与匹配的订单数", "计算用户匹配率时的全部 GMV 订单数。"),
        ("Orders to be matched", "All GMV orders, over which the match rate is taken."),
    ),
    metric(
        "matched_orders",
        (MONEY, "match.matched_orders"),
        ("已匹配的订单数", "客户已知有群成员身份的 GMV 订单数。"),
        ("Matched orders", "GMV orders whose customer is known as a member at all."),
    ),
    metric(
        "group_orders",
        (MONEY, "groups[].orders"),
        ("归因于该群的订单数", "所选时间内付款、归因于该群的 GMV 订单数。"),
        ("Orders credited to the group", "GMV orders paid in the window, credited to the group."),
    ),
    metric(
        "group_gmv",
        (MONEY, "groups[].gmv"),
        ("归因于该群的 GMV", "归因于该群的 GMV。"),
        ("GMV credited to the group", "The GMV that is credited to the group."),
        unit="minor currency unit",
    ),
    metric(
        "group_gmv_share",
        (MONEY, "groups[].share"),
        ("该群占品牌 GMV 的比例", "归因于该群的 GMV 占品牌 GMV 的比例。"),
        ("The group's share of GMV", "What is credited to the group over the brand's GMV."),
        unit="ratio",
    ),
    metric(
        "uncredited_orders",
        (MONEY, "uncredited.orders"),
        ("未归因于任何群的订单数", "没有归因于任何群的 GMV 订单数。"),
        ("Orders credited to no group", "GMV orders that are credited to no group."),
    ),
    metric(
        "uncredited_gmv",
        (MONEY, "uncredited.gmv"),
        ("未归因于任何群的 GMV", "没有归因于任何群的 GMV。"),
        ("GMV credited to no group", "The GMV that is credited to no group."),
        unit="minor currency unit",
    ),
)
