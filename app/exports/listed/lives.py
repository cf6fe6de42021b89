"""Lives, with what came of them."""

from typing import Any

from sqlalchemy import BigInteger, Select, cast, func

from app.exports.listed.meant import CREATOR_ID, CREATOR_NAME, LIVE_ID, MCN, Sheet, meant
from app.exports.listed.named import Rows
from app.exports.spool import micros
from app.lists.lives import COUNTS

SHEET = Sheet(
    "lives",
    "直播",
    "Lives",
    (
        LIVE_ID,
        meant("title", "text", ("标题", "Title"), ("现在的标题。", "The title of now.")),
        *(CREATOR_ID, CREATOR_NAME, MCN),
        meant("started_at", "instant", ("开始时间", "Started at"), ("开播的时间。", "When.")),
        meant(
            "ended_at",
            "instant",
            ("结束时间", "Ended at"),
            ("为空表示仍在直播。", "Empty while it runs."),
        ),
        meant(
            "viewers",
            "count",
            ("观看客户数", "Viewers"),
            ("观看的去重客户数。", "Distinct customers who viewed it."),
        ),
        meant(
            "group_viewers",
            "count",
            ("来自群的观看客户数", "Viewers from groups"),
            (
                "从群进入，或当时在群的观看客户数。",
                "Those who came by a group or were in one then.",
            ),
        ),
        meant(
            "joins",
            "count",
            ("带来的入群次数", "Joins"),
            ("以该直播为来源的成员关系数。", "Memberships that it brought."),
        ),
        meant(
            "orders",
            "count",
            ("订单数", "Orders"),
            ("归因于该直播的 GMV 订单数。", "GMV orders that count for it."),
        ),
        meant(
            "gmv",
            "money",
            ("GMV", "GMV"),
            ("归因于该直播的 GMV 订单金额。", "The amounts of these orders."),
        ),
    ),
    ("live_id",),
)


def statement(brand_id: int, found: Select[Any]) -> Select[Any]:
    """These lives with their creators and counts."""
    rows = Rows(brand_id, found, SHEET.key)
    live = rows.found.c
    creator = rows.one("creator", live.creator_id, "maker")
    sums = rows.one("live_sum", live.live_id, "sums")
    return rows.select(
        live_id=live.live_id,
        title=live.title,
        creator_id=live.creator_id,
        creator_name=creator.name,
        mcn=creator.mcn,
        started_at=micros(live.started_at),
        ended_at=micros(live.ended_at),
        **{name: cast(func.coalesce(sums[name], 0), BigInteger) for name in COUNTS},
    )
