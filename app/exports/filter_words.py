"""What an export of a list was asked for, in words: each filter by its label."""

from collections.abc import Iterator, Mapping
from typing import Any

from app.exports.words import word
from app.metrics.words import Language

Said = tuple[str, str]
"""What was asked for, and the value; both as people read them."""

LABELS: dict[str, tuple[str, str]] = {
    "amount": ("金额", "Amount"),
    "at": ("看哪一时刻", "As of"),
    "buyer_id": ("买家 ID", "Buyer id"),
    "cell": ("成交分类", "Cell"),
    "creator_id": ("作者", "Creator"),
    "customer_id": ("客户 ID", "Customer id"),
    "first_paid": ("首次购买时间", "First paid at"),
    "frequency": ("F 分", "Frequency"),
    "group_id": ("群", "Group"),
    "inviter_member_id": ("邀请人成员 ID", "Inviter's member id"),
    "is_member": ("有成员身份", "Member"),
    "joined": ("入群时间", "Joined at"),
    "kind": ("类型", "Kind"),
    "last_paid": ("最近购买时间", "Last paid at"),
    "lifecycle": ("生命周期", "Lifecycle"),
    "live_id": ("直播", "Live"),
    "mcn": ("MCN 机构", "MCN"),
    "member_id": ("成员 ID", "Member id"),
    "monetary": ("M 分", "Monetary"),
    "net": ("净额", "Net"),
    "note_id": ("笔记", "Note"),
    "owner_member_id": ("群主成员 ID", "Owner's member id"),
    "paid": ("付款时间", "Paid at"),
    "placed": ("下单时间", "Placed at"),
    "published": ("发布时间", "Published at"),
    "purchase_days": ("购买天数", "Purchase days"),
    "q": ("搜索", "Search"),
    "recency": ("R 分", "Recency"),
    "refunded": ("退款", "Refunded"),
    "role": ("角色", "Role"),
    "running": ("正在直播", "Running"),
    "segment_id": ("人群", "Segment"),
    "silent_days": ("未发言天数", "Days without a message"),
    "source_kind": ("入群来源", "Source of joining"),
    "started": ("开始时间", "Started at"),
    "status": ("状态", "Status"),
    "tag_id": ("标签", "Tag"),
}

BOUNDS: dict[str, tuple[str, str]] = {
    "_from": ("（起，含）", " (from, included)"),
    "_until": ("（止，不含）", " (until, excluded)"),
    "min_": ("（至少）", " (at least)"),
    "max_": ("（至多）", " (at most)"),
}

WORDS = {"status", "kind", "cell", "refunded", "source_kind", "role", "lifecycle", "at"}
"""Filters whose values are words of ours."""

MONEY = {"min_amount", "max_amount", "min_net", "max_net"}
"""In the currency's minor unit, as in the request."""


def filters_said(
    filters: Mapping[str, Any], names: Mapping[tuple[str, str], str], language: Language
) -> Iterator[Said]:
    """The filters; `names` are what ids are called, by the filter's name and the id."""
    for name, value in filters.items():
        if value is None:
            continue
        said = _value(name, value, language)
        called = names.get((name, said))
        yield label_of(name, language), said if called is None else f"{called} ({said})"


def label_of(name: str, language: Language) -> str:
    """What a filter is called."""
    at = 0 if language == "zh-CN" else 1
    bound = ""
    for mark, labels in BOUNDS.items():
        if name.startswith(mark) or name.endswith(mark):
            name, bound = name.removeprefix(mark).removesuffix(mark), labels[at]
    return LABELS[name][at] + bound


def _value(name: str, value: Any, language: Language) -> str:
    if isinstance(value, bool):
        return yes(value, language)
    if name in MONEY:
        return f"{value} ({'最小货币单位' if language == 'zh-CN' else 'minor unit'})"
    if name in WORDS and isinstance(value, str):
        return word(value, language)
    return str(value)


def yes(value: bool, language: Language) -> str:
    """A yes or no."""
    if language == "zh-CN":
        return "是" if value else "否"
    return "yes" if value else "no"
