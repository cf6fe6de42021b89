"""A sheet of memberships: who joined and left which group when, and from where."""

from collections.abc import Iterator

from app.sheets.columns import Column
from app.sheets.said import BadRow, Draft, Sheet, Values, some

ROLES = {
    **dict.fromkeys(("owner", "群主"), "owner"),
    **dict.fromkeys(("admin", "管理员"), "admin"),
    **dict.fromkeys(("member", "成员", "普通成员", "群成员"), "member"),
}
SOURCES = {
    **dict.fromkeys(("note", "笔记"), "note"),
    **dict.fromkeys(("live", "直播", "直播间"), "live"),
    **dict.fromkeys(("direct_message", "私信"), "direct_message"),
    **dict.fromkeys(("share", "分享", "邀请", "好友邀请"), "share"),
    **dict.fromkeys(("profile", "主页", "个人主页"), "profile"),
    **dict.fromkeys(("search", "搜索"), "search"),
    **dict.fromkeys(("qr_code", "扫码", "二维码"), "qr_code"),
    **dict.fromkeys(("other", "其他", "其它"), "other"),
}
REASONS = {
    **dict.fromkeys(("left", "主动退群", "主动退出", "退群"), "left"),
    **dict.fromkeys(("removed", "被移除", "移出群聊", "被踢出"), "removed"),
}
COLUMNS = (
    Column("group_id", "群ID 群聊ID 群号 群编号", "id", required=True),
    Column("member_id", "用户ID 成员ID 社区用户ID user_id", "id", required=True, personal=True),
    Column("joined_at", "入群时间 加入时间 进群时间", "instant"),
    Column("left_at", "退群时间 离群时间 离开时间", "instant"),
    Column("nickname", "昵称 用户昵称 群昵称", "text", personal=True),
    Column("role", "角色 群角色", "choice", choices=ROLES),
    Column("source_kind", "来源 入群来源 来源类型 入群方式", "choice", choices=SOURCES),
    Column("source_note_id", "来源笔记 来源笔记ID", "id"),
    Column("source_live_id", "来源直播 来源直播ID", "id"),
    Column("inviter_member_id", "邀请人 邀请人ID", "id", personal=True),
    Column("left_reason", "退群原因 离开方式", "choice", choices=REASONS),
    Column("group_name", "群名称 群名 群聊名称", "text"),
)


def read(row: Values) -> Iterator[Draft]:
    """member.joined and member.left at their own times, group.updated where the group is named.

    Raises:
        BadRow: where neither time is given, or they are reversed.
    """
    joined_at, left_at = row.get("joined_at"), row.get("left_at")
    if joined_at is None and left_at is None:
        raise BadRow("joined_at", "missing", "A row has a time of joining or of leaving.")
    if joined_at is not None and left_at is not None and left_at < joined_at:
        raise BadRow("left_at", "reversed", "The time of leaving lies before that of joining.")
    group_id, member_id = row["group_id"], row["member_id"]
    who = {"group_id": group_id, "member_id": member_id}
    key = (group_id, member_id)
    if joined_at is not None:
        said = some(nickname=row.get("nickname"), role=row.get("role"), source=source(row))
        yield Draft("member.joined", (*key, joined_at.isoformat()), joined_at, who | said)
    if left_at is not None:
        reason = some(reason=row.get("left_reason"))
        yield Draft("member.left", (*key, left_at.isoformat()), left_at, who | reason)
    if name := row.get("group_name"):
        yield Draft("group.updated", (group_id,), None, {"group_id": group_id, "name": name})


def source(row: Values) -> dict[str, str] | None:
    """Where a joiner came from; the kind is that of what is named where the row says none."""
    named = some(
        note_id=row.get("source_note_id"),
        live_id=row.get("source_live_id"),
        inviter_member_id=row.get("inviter_member_id"),
    )
    kind = row.get("source_kind")
    if kind is None and named:
        kinds = {"note_id": "note", "live_id": "live", "inviter_member_id": "share"}
        kind = kinds[next(iter(named))]
    return None if kind is None else {"kind": kind} | named


MEMBERSHIPS = Sheet("memberships", COLUMNS, read)
