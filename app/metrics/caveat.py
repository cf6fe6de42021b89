"""A caveat: what an answer cannot tell, or not yet, as a code, its facts, and a sentence."""

from datetime import date, datetime
from typing import Any, Literal
from zoneinfo import ZoneInfo

import msgspec
from msgspec import UNSET, UnsetType

from app.metrics.ratio import Ratio
from app.metrics.words import Language

Code = Literal[
    "dead_letters_pending",
    "immature_buyers",
    "ingestion_gap",
    "low_match_rate",
    "messages_detached",
    "short_history",
    "suspect_snapshot",
    "window_not_over",
]
MOST = 1_000
"""Where counting stops."""
NAMED = 5
"""How many of the groups or days that are concerned are listed."""


class Gap(msgspec.Struct, frozen=True):
    """A local day on which nothing came from a group."""

    group_id: str
    day: date


class Caveat(msgspec.Struct, frozen=True, kw_only=True):
    """`detail` is for people; the fields after it depend on the code.

    `more`: counting stopped at `count`.
    """

    code: Code
    detail: str
    count: int | UnsetType = UNSET
    more: bool | UnsetType = UNSET
    days: list[int] | UnsetType = UNSET
    gaps: list[Gap] | UnsetType = UNSET
    group_ids: list[str] | UnsetType = UNSET
    needed_from: datetime | UnsetType = UNSET
    of: Literal["memberships", "orders"] | UnsetType = UNSET
    orders: int | UnsetType = UNSET
    rate: Ratio | UnsetType = UNSET
    since: datetime | UnsetType = UNSET
    until: datetime | UnsetType = UNSET


SENTENCES: dict[Language, dict[str, str]] = {
    "zh-CN": {
        "window_not_over": "所问的时间要到 {until} 才结束，在那以前数字还会变化。",
        "immature_cohort": "{count} 位首购客户的观察期未满，不计入复购率。",
        "immature_funnel": "{count} 次入群的观察期未满，其后的退群、发言和购买还可能增加。",
        "immature_retention": "第 {days} 天对一部分成员关系还没有结束，这些成员关系不计入该行。",
        "immature_before_after": "{count} 位客户入群未满所问的天数，不在比较之中。",
        "short_history_orders": "已知最早的付款订单在 {since}，而这里需要从 {needed_from} 起的"
        "订单：更早的购买如果没有导入，老客就会被当成新客。",
        "short_history_memberships": "已知最早的入群在 {since}，而这里需要从 {needed_from} 起的成员"
        "关系：更早的成员关系如果没有导入，客户就会被当成非群用户或刚刚入群。",
        "suspect_snapshot": "{count} 份群成员快照列出的人不到当时成员的一半，没有据此让任何人退群，"
        "成员数可能偏高。群：{group_ids}。",
        "ingestion_gap": "{count} 个“群 × 日”没有任何事件，而该群在此之前一直活跃，"
        "数据可能有缺失：{gaps}。",
        "dead_letters_pending": "{count} 条没有被接受的事件在等待更正或重试，其内容不在数字里；"
        "见 GET /v1/dead-letters。",
        "low_match_rate": "{orders} 笔订单中只有 {rate} 的客户有已知的成员身份，“与群无关”可能只是"
        "没有认出来；请发送 identity.linked。",
        "messages_detached": "{since} 以前的消息已按保留期限分离：更早的消息数和发言人数只保留"
        "分离前已经算好的部分，现算的会偏低。",
        "at_least": "至少 {}",
        "comma": "、",
    },
    "en": {
        "window_not_over": "What is asked about is not over until {until}; until then the numbers "
        "will change.",
        "immature_cohort": "First-time buyers who still have days left to buy again, and count in "
        "no rate: {count}.",
        "immature_funnel": "Joinings whose days are not over, so that they may still leave, speak "
        "and buy: {count}.",
        "immature_retention": "Of some memberships day {days} is not over; they do not count in "
        "that row.",
        "immature_before_after": "Customers who have not been in for the days asked for, and are "
        "no part of the comparison: {count}.",
        "short_history_orders": "The earliest order known was paid at {since}, but this needs "
        "orders from {needed_from} on: if earlier purchases were not imported, old customers are "
        "taken for new ones.",
        "short_history_memberships": "The earliest membership known began at {since}, but this "
        "needs memberships from {needed_from} on: if earlier ones were not imported, customers "
        "are taken for no members, or for new ones.",
        "suspect_snapshot": "Snapshots that listed less than half of the members of their time, "
        "and therefore ended no membership: {count}. There may be fewer members than counted. "
        "Groups: {group_ids}.",
        "ingestion_gap": "Days of groups without any event, where the group had been busy "
        "before, so that data may be missing: {count}. {gaps}.",
        "dead_letters_pending": "Events that were not accepted and wait to be corrected or "
        "retried, and are in no number: {count}. See GET /v1/dead-letters.",
        "low_match_rate": "Of {orders} orders only {rate} are of customers who are known as "
        'members at all, so "neither" may only mean "not recognised": send identity.linked.',
        "messages_detached": "Messages before {since} were detached by the retention setting: of "
        "before, messages and speakers are what had been counted until then, and what is counted "
        "at the time of asking has too few.",
        "at_least": "at least {}",
        "comma": ", ",
    },
}


def caveat(
    code: Code, language: Language, zone: ZoneInfo, sentence: str | None = None, **facts: Any
) -> Caveat:
    """A caveat with its sentence: the one that is named like the code, unless another is given."""
    words = SENTENCES[language]

    def shown(name: str, fact: Any) -> str:
        if isinstance(fact, datetime):
            return fact.astimezone(zone).strftime("%Y-%m-%d %H:%M:%S")
        if isinstance(fact, list):
            return words["comma"].join(shown("", each) for each in fact)
        if isinstance(fact, Gap):
            return f"{fact.group_id} {fact.day}"
        if name == "rate":
            return f"{fact:.1%}"
        return (
            words["at_least"].format(fact) if name == "count" and facts.get("more") else f"{fact}"
        )

    detail = words[sentence or code].format(**{name: shown(name, facts[name]) for name in facts})
    return Caveat(code=code, detail=detail, **facts)


def counted(count: int) -> dict[str, Any]:
    """The facts of a count that was not taken beyond MOST."""
    return {"count": MOST, "more": True} if count > MOST else {"count": count}
