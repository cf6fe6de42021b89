"""A sheet of notes: what was published by whom, and what reach it had."""

from collections.abc import Iterator

from app.sheets.columns import Column
from app.sheets.said import BadRow, Draft, Sheet, Values, some

CREATORS = {
    **dict.fromkeys(("brand", "品牌", "品牌号"), "brand"),
    **dict.fromkeys(("employee", "员工", "店员"), "employee"),
    **dict.fromkeys(("kol", "达人", "博主"), "kol"),
    **dict.fromkeys(("koc", "素人"), "koc"),
    **dict.fromkeys(("customer", "客户", "顾客", "用户"), "customer"),
}
COLUMNS = (
    Column("note_id", "笔记ID 笔记编号", "id", required=True),
    Column("title", "笔记标题 标题", "text"),
    Column("url", "笔记链接 链接", "text"),
    Column("published_at", "发布时间", "instant"),
    Column("updated_at", "更新时间", "instant"),
    Column("creator_id", "作者ID 达人ID 博主ID", "id"),
    Column("creator_name", "作者 作者昵称 达人昵称 博主昵称", "text"),
    Column("creator_kind", "作者类型 达人类型", "choice", choices=CREATORS),
    Column("mcn", "机构 MCN机构", "text"),
    Column("group_ids", "挂载群ID 挂载群聊ID 挂载群聊", "ids"),
    Column("skus", "SKU 商品编码", "ids"),
    Column("views", "阅读量 阅读数 浏览量 观看量", "count"),
    Column("likes", "点赞数 点赞量 点赞", "count"),
    Column("collects", "收藏数 收藏量 收藏", "count"),
    Column("comments", "评论数 评论量 评论", "count"),
    Column("shares", "分享数 分享量 分享", "count"),
    Column("measured_at", "统计时间 数据时间", "instant"),
)
ABOUT = ("title", "url", "creator_id", "group_ids", "skus")
REACH = ("views", "likes", "collects", "comments", "shares")


def read(row: Values) -> Iterator[Draft]:
    """note.published at its time, else note.updated; note.measured; creator.updated.

    Raises:
        BadRow: where a creator is described whose id is not given.
    """
    note_id = row["note_id"]
    about = {"note_id": note_id} | {name: row[name] for name in ABOUT if name in row}
    published, updated = row.get("published_at"), row.get("updated_at")
    if published is not None:
        yield Draft("note.published", (note_id,), published, about)
    if published is None or updated is not None:
        yield Draft("note.updated", (note_id,), updated, about)
    reach = {name: row[name] for name in REACH if name in row}
    if reach:
        at = row.get("measured_at")
        key = (note_id, "" if at is None else at.isoformat())
        yield Draft("note.measured", key, at, {"note_id": note_id} | reach)
    creator = some(name=row.get("creator_name"), kind=row.get("creator_kind"), mcn=row.get("mcn"))
    if creator:
        creator_id = row.get("creator_id")
        if creator_id is None:
            raise BadRow("creator_id", "missing", "A creator is described without its id.")
        about = {"creator_id": creator_id}
        yield Draft("creator.updated", (creator_id,), updated, about | creator)


NOTES = Sheet("notes", COLUMNS, read)
