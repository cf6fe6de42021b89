"""What can move a number of a published week, as the rows of two revisions show it."""

from collections.abc import Iterable, Mapping
from typing import Literal

import msgspec

from app.metrics.words import Language

Cause = Literal[
    "refund",
    "refund_corrected",
    "refund_gone",
    "late_order",
    "order_corrected",
    "order_gone",
    "late_join",
    "late_leave",
    "leave_gone",
    "join_gone",
    "source_changed",
    "people_joined",
    "people_parted",
    "late_click",
    "click_gone",
    "purchase_gone",
    "first_purchase",
    "note_changed",
    "creator_changed",
    "credited_otherwise",
    "late_message",
    "message_gone",
    "setting",
    "rule_version",
    "erased",
    "other_period",
    "rows_gone",
    "unexplained",
]

SAID: dict[Cause, tuple[str, str, str]] = {
    "refund": ("{n} 笔退款", "{n} refund", "{n} refunds"),
    "refund_corrected": ("{n} 笔退款更正", "{n} corrected refund", "{n} corrected refunds"),
    "refund_gone": (
        "{n} 笔退款不再计入",
        "{n} refund that no longer counts",
        "{n} refunds that no longer count",
    ),
    "late_order": ("{n} 笔迟到的订单", "{n} late order", "{n} late orders"),
    "order_corrected": ("{n} 笔订单更正", "{n} corrected order", "{n} corrected orders"),
    "order_gone": (
        "{n} 笔订单不再计入",
        "{n} order that no longer counts",
        "{n} orders that no longer count",
    ),
    "late_join": ("{n} 次迟到的入群", "{n} late join", "{n} late joins"),
    "late_leave": ("{n} 次迟到的退群", "{n} late leave", "{n} late leaves"),
    "leave_gone": (
        "{n} 次退群不再成立",
        "{n} leave that no longer holds",
        "{n} leaves that no longer hold",
    ),
    "join_gone": (
        "{n} 次入群不再成立",
        "{n} join that no longer holds",
        "{n} joins that no longer hold",
    ),
    "source_changed": ("{n} 次入群来源更正", "{n} changed source", "{n} changed sources"),
    "people_joined": ("{n} 次合并", "{n} merge", "{n} merges"),
    "people_parted": ("{n} 次拆分", "{n} unmerge", "{n} unmerges"),
    "late_click": ("{n} 次迟到的点击", "{n} late click", "{n} late clicks"),
    "click_gone": (
        "{n} 次点击不再作为依据",
        "{n} click that no longer counts",
        "{n} clicks that no longer count",
    ),
    "purchase_gone": (
        "{n} 次购买不再计入",
        "{n} purchase that no longer counts",
        "{n} purchases that no longer count",
    ),
    "first_purchase": (
        "{n} 位买家的首购变了",
        "{n} buyer whose first purchase is another",
        "{n} buyers whose first purchase is another",
    ),
    "note_changed": ("{n} 篇笔记换了作者", "{n} note's creator", "{n} notes' creators"),
    "creator_changed": ("{n} 位作者换了机构", "{n} creator's MCN", "{n} creators' MCNs"),
    "credited_otherwise": (
        "{n} 笔订单改了归因",
        "{n} order credited otherwise",
        "{n} orders credited otherwise",
    ),
    "late_message": ("{n} 条迟到的消息", "{n} late message", "{n} late messages"),
    "message_gone": (
        "{n} 条消息不再计入",
        "{n} message that no longer counts",
        "{n} messages that no longer count",
    ),
    "setting": ("{n} 项设置变更", "{n} setting", "{n} settings"),
    "rule_version": ("计算规则更新", "new rules", "new rules"),
    "erased": ("{n} 次个人信息删除", "{n} erasure", "{n} erasures"),
    "other_period": (
        "该时段的明细在它自己那一周的导出里",
        "the rows of this period are in its own week's export",
        "the rows of this period are in its own week's export",
    ),
    "rows_gone": (
        "上一版的明细已不再保存，无法逐行比对",
        "the rows of the revision before are no longer kept",
        "the rows of the revision before are no longer kept",
    ),
    "unexplained": (
        "导出的明细行里看不出原因",
        "no row of this export shows why",
        "no row of this export shows why",
    ),
}
"""How many of a cause there are: in Chinese, and in English of one and of many."""

NAMED: tuple[Cause, ...] = ("setting",)
"""Causes whose names stand beside their number."""


class Evidence(msgspec.Struct, frozen=True):
    """Why a row changed.

    `act` is what happened, as ids with a NUL between them, and is counted once however many rows
    show it; `example` an id that names nobody; `link` the path below which the API tells more.
    """

    cause: Cause
    act: str
    example: str | None = None
    link: str | None = None


def act(*ids: object) -> str:
    """What happened, by whom or what it happened to: no id has a NUL in it."""
    return "\0".join(map(str, ids))


def said(counts: Mapping[Cause, int], names: Iterable[str], language: Language) -> str:
    """Causes with their numbers, in one order: "3 refunds, 2 late joins, 1 merge"."""
    chinese = language == "zh-CN"
    named = ("、" if chinese else ", ").join(names)
    parts = []
    for cause, forms in SAID.items():
        if n := counts.get(cause):
            form = forms[0] if chinese else forms[1 if n == 1 else 2]
            part = form.format(n=n)
            if cause in NAMED and named:
                part += f"（{named}）" if chinese else f" ({named})"
            parts.append(part)
    return ("，" if chinese else ", ").join(parts)


def label(cause: Cause, language: Language) -> str:
    """A cause by itself, as the table of changes has it."""
    chinese, english, _ = SAID[cause]
    if language == "en":
        return english.removeprefix("{n} ")
    counted = chinese.removeprefix("{n} ")
    return counted[1:] if counted != chinese else chinese
