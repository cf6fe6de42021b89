"""Notes, with the latest of their measurements."""

from typing import Any

from sqlalchemy import ColumnElement, Select, case, func, or_, select

from app.exports.listed.meant import CREATOR_ID, CREATOR_NAME, MCN, NOTE_ID, Sheet, meant
from app.exports.listed.named import Rows, listed
from app.exports.spool import micros
from app.models.tables import metadata

MEMBERSHIP = metadata.tables["membership"]
LATEST = ("最近一次回传的累计数。", "The running total that was told last.")

SHEET = Sheet(
    "notes",
    "笔记",
    "Notes",
    (
        NOTE_ID,
        meant("title", "text", ("标题", "Title"), ("现在的标题。", "The title of now.")),
        meant("url", "link", ("链接", "Link"), ("笔记的地址。", "The note's address.")),
        *(CREATOR_ID, CREATOR_NAME, MCN),
        meant("published_at", "instant", ("发布时间", "Published at"), ("发布的时间。", "When.")),
        meant(
            "group_ids",
            "text",
            ("挂载的群 ID", "Mounted group ids"),
            ("笔记上挂载的群，以分号分隔。", "Groups mounted on it, divided by semicolons."),
        ),
        meant(
            "skus",
            "text",
            ("商品编码", "SKUs"),
            ("笔记上的商品，以分号分隔。", "Articles on it, divided by semicolons."),
        ),
        meant("views", "count", ("阅读", "Views"), LATEST),
        meant("likes", "count", ("点赞", "Likes"), LATEST),
        meant("collects", "count", ("收藏", "Collects"), LATEST),
        meant("comments", "count", ("评论", "Comments"), LATEST),
        meant("shares", "count", ("分享", "Shares"), LATEST),
        meant(
            "joins",
            "count",
            ("带来的入群次数", "Joins"),
            ("以该笔记为来源的成员关系数。", "Memberships that it brought."),
        ),
    ),
    ("note_id",),
)


def statement(brand_id: int, found: Select[Any]) -> Select[Any]:
    """These notes with their creators and the joins they brought."""
    rows = Rows(brand_id, found, SHEET.key)
    n, m = rows.found.c, MEMBERSHIP.c
    creator = rows.one("creator", n.creator_id, "maker")
    joins = rows.beside(
        select(func.count().label("joins")).where(
            m.brand_id == brand_id,
            m.note_id == n.note_id,
            m.note_id.is_not(None),
            or_(m.left_at.is_(None), m.left_at > m.joined_at),
        ),
        "joined",
    )
    return rows.select(
        note_id=n.note_id,
        title=n.title,
        url=n.url,
        creator_id=n.creator_id,
        creator_name=creator.name,
        mcn=creator.mcn,
        published_at=micros(n.published_at),
        group_ids=_texts(n.group_ids),
        skus=_texts(n.skus),
        views=n.views,
        likes=n.likes,
        collects=n.collects,
        comments=n.comments,
        shares=n.shares,
        joins=joins.joins,
    )


def _texts(array: ColumnElement[Any]) -> ColumnElement[Any]:
    """The texts of a JSON array as one."""
    made = func.jsonb_array_elements_text(array)
    each = made.table_valued("value", with_ordinality="place").render_derived()
    joined = select(listed(each.c.value, each.c.place)).scalar_subquery()
    return case((func.jsonb_typeof(array) == "array", joined))
