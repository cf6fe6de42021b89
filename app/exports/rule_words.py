"""The rule of a segment in words: a line a condition, set in by how deep it stands."""

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from app.exports.filter_words import yes
from app.exports.words import word
from app.metrics.words import Language

DEEPER = "　"
"""A full-width space, which spreadsheets keep at the beginning of a text."""

BRANCHES: dict[str, tuple[str, str]] = {
    "all": ("以下全部成立：", "All of these hold:"),
    "any": ("以下至少一项成立：", "One of these holds:"),
    "not": ("以下不成立：", "This does not hold:"),
}
NOUNS: dict[str, tuple[str, str]] = {
    "nickname": ("昵称", "Nickname"),
    "attribute": ("属性", "Attribute"),
    "tags": ("标签", "Tags"),
    "memberships": ("入群", "Memberships"),
    "messages": ("发言", "Messages"),
    "purchases": ("购买", "Purchases"),
    "first_purchase": ("首次购买", "First purchase"),
    "last_purchase": ("最近购买", "Last purchase"),
    "refunds": ("退款", "Refunds"),
    "rfm": ("RFM", "RFM"),
    "lifecycle": ("生命周期", "Lifecycle"),
}
FIELDS: dict[str, tuple[str, str]] = {
    "measure": ("计量", "measured by"),
    "state": ("状态", "state"),
    "first": ("首次入群", "the first of all"),
    "key": ("名称", "key"),
    "is": ("等于", "is"),
    "contains": ("包含", "contains"),
    "any_of": ("任一", "any of"),
    "recency": ("R 分", "recency"),
    "frequency": ("F 分", "frequency"),
    "monetary": ("M 分", "monetary"),
    "at_least": ("至少", "at least"),
    "at_most": ("至多", "at most"),
    "cells": ("成交分类", "cells"),
    "group_ids": ("群", "groups"),
    "note_ids": ("笔记", "notes"),
    "creator_ids": ("作者", "creators"),
    "live_ids": ("直播", "lives"),
    "source_kinds": ("入群来源", "sources"),
    "kinds": ("消息类型", "kinds"),
    "skus": ("商品", "SKUs"),
    "on": ("当日在群", "in the group on"),
    "joined": ("入群日期", "joined"),
    "left": ("退群日期", "left"),
    "when": ("日期", "when"),
    "from": ("自", "from"),
    "until": ("至（不含）", "until (excluded)"),
    "last_days": ("今天及之前天数", "today and the days before it"),
}
"""In the order in which they are told."""

ORDER = list(FIELDS)

VALUES: dict[str, tuple[str, str]] = {
    # What purchases and refunds are measured by.
    "purchases": ("购买次数", "Purchases"),
    "orders": ("订单数", "Orders"),
    "gmv": ("GMV", "GMV"),
    "net": ("净额", "Net"),
    "refunds": ("退款次数", "Refunds"),
    "amount": ("金额", "Amount"),
    # How memberships are.
    "now": ("在群", "In the group"),
    "ever": ("曾经在群", "Ever"),
    "left": ("已退群", "Left"),
    # Kinds of messages.
    "text": ("文字", "Text"),
    "image": ("图片", "Image"),
    "video": ("视频", "Video"),
    "note_card": ("笔记卡片", "Note card"),
    "product_card": ("商品卡片", "Product card"),
    "coupon": ("优惠券", "Coupon"),
    "live_card": ("直播卡片", "Live card"),
}
"""Words of rules alone, or that say something else there."""

FREE = {"is", "contains", "key", "skus"}
"""Fields whose values are others' texts, whatever words of ours they look like."""

NAMED = {
    "tags": "tag_id",
    "group_ids": "group_id",
    "note_ids": "note_id",
    "creator_ids": "creator_id",
    "live_ids": "live_id",
}
"""What the ids of a field, or of a noun's any_of, are of."""


def rule_said(
    rule: Any, names: Mapping[tuple[str, str], str], language: Language, level: int = 0
) -> Iterator[str]:
    """The lines of a rule as it is stored; `names` are what ids are called."""
    at = 0 if language == "zh-CN" else 1
    colon = "：" if language == "zh-CN" else ": "
    for key, said in rule.items():
        if key in BRANCHES:
            yield DEEPER * level + BRANCHES[key][at]
            for each in said if isinstance(said, list) else [said]:
                yield from rule_said(each, names, language, level + 1)
            continue
        noun = NOUNS.get(key, (key, key))[at]
        fields = _fields(key, said, names, language)
        yield DEEPER * level + (f"{noun}{colon}{fields}" if fields else noun)


def ids_in(rule: Any) -> Iterator[tuple[str, str]]:
    """The ids that a rule names, with what they are of."""
    for key, said in rule.items():
        if key in BRANCHES:
            for each in said if isinstance(said, list) else [said]:
                yield from ids_in(each)
            continue
        for field, value in said.items():
            kind = _kind(key, field)
            if kind is not None and isinstance(value, list):
                yield from ((kind, each) for each in value)


def _kind(noun: str, field: str) -> str | None:
    return NAMED.get(noun if noun == "tags" and field == "any_of" else field)


def _fields(
    noun: str, said: Mapping[str, Any], names: Mapping[tuple[str, str], str], language: Language
) -> str:
    at = 0 if language == "zh-CN" else 1
    parts = []
    for field, value in sorted(said.items(), key=_place):
        label = FIELDS.get(field, (field, field))[at]
        parts.append(f"{label} {_value(noun, field, value, names, language)}")
    return ("；" if language == "zh-CN" else "; ").join(parts)


def _place(field: tuple[str, Any]) -> int:
    return ORDER.index(field[0]) if field[0] in FIELDS else len(ORDER)


def _value(
    noun: str, field: str, value: Any, names: Mapping[tuple[str, str], str], language: Language
) -> str:
    if isinstance(value, dict):
        return _fields(noun, value, names, language)
    if isinstance(value, list):
        kind = _kind(noun, field)
        between = "、" if language == "zh-CN" else ", "
        return between.join(
            _called(kind, each, names) if kind else _value(noun, field, each, names, language)
            for each in value
        )
    if isinstance(value, bool):
        return yes(value, language)
    if isinstance(value, str):
        free = field in FREE or noun == "attribute"
        if free:
            return value
        labels = VALUES.get(value)
        return word(value, language) if labels is None else labels[0 if language == "zh-CN" else 1]
    return msgspec.json.encode(value).decode()


def _called(kind: str, id_: str, names: Mapping[tuple[str, str], str]) -> str:
    name = names.get((kind, id_))
    return id_ if name is None else f"{name} ({id_})"
