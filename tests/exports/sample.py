"""A made-up export: every table of a weekly one, with values of each type as a brand has them."""

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import msgspec
import pyarrow as pa

from app.exports.asked import Asked, Run
from app.exports.content import Content
from app.exports.frame import Column, Frame, Spec, frame_of
from app.exports.specs.all import TABLES

MONDAY = date(2026, 11, 9)
AS_OF = datetime(2026, 11, 15, 22, tzinfo=UTC)
ROWS = {
    "notes": 24,
    "creators": 9,
    "mcns": 4,
    "groups": 12,
    "lives": 0,
    "new_members": 160,
    "orders": 420,
    "refunds": 21,
    "buyers": 90,
    "data_quality": 6,
    "definitions": 18,
}
CHOICES: dict[str, Sequence[Any]] = {
    "cell": ("member_and_touch", "member_only", "touch_only", "neither"),
    "reason": ("touch_by_order", "touch_by_click", "member", "neither"),
    "source_kind": ("note", "live", "share", None),
    "kind": ("normal", "deposit", "presale"),
    "segment": ("group", "non_group"),
    "severity": ("ok", "info", "warning"),
    "check": ("dead_letters", "match_rate", "suspect_snapshots", "ingestion_gaps"),
    "unit": ("ratio", "count", "money"),
    "group_name": ("敏感肌护肤 1 群", "油皮互助 3 群", "早 C 晚 A 打卡群", None),
    "note_title": (
        "换季泛红怎么办？三步稳住",
        "空瓶记：这瓶精华我回购了 5 次",
        "新品试用招募",
        None,
    ),
    "creator_name": ("小鹿的护肤日记", "Dr. 林", "阿May", None),
    "mcn": ("星河文化", "南风传媒", None),
    "nickname": ("小鱼🐟", "=1+1", "＠群主看这里", "丽丽", "00123"),
    "title": ("双十一返场", "周三护肤课"),
    "sentence": (
        "所选时间内付款的普通、定金、预售订单的金额之和；口径分 gross、net、net_ledger。",
    ),
    "note": ("与上周相同。", "有 3 个群当天没有消息，可能是机器人掉线，请检查接入。"),
    "label": ("群内成交占比", "品牌 GMV"),
}


def run(**changes: Any) -> Run:
    """The week's export, or with what differs."""
    made = Run(
        brand_id=1,
        export_id="exp_sample",
        kind="weekly",
        week="2026-W46",
        revision=1,
        first_day=MONDAY,
        end_day=MONDAY + timedelta(days=7),
        as_of=AS_OF,
        language="zh-CN",
        asked=Asked(),
        previous_id=None,
        attempts=1,
    )
    return msgspec.structs.replace(made, **changes)


def content(frames: Mapping[str, Frame], *, currency: str = "CNY", **changes: Any) -> Content:
    """An export of these tables."""
    return Content(
        run=run(**changes),
        brand_name="山茶研究所",
        timezone="Asia/Shanghai",
        currency=currency,
        rule_version=7,
        read_at=datetime(2026, 11, 15, 22, 0, 41, 120_000, tzinfo=UTC),
        settings={"identity_mode": "shared", "touch_hours": 24},
        sums={"orders": 420, "gmv": 6_123_400},
        frames=dict(frames),
    )


def frame(spec: Spec, rows: Sequence[Mapping[str, Any]]) -> Frame:
    """A frame of such rows."""
    listed = [{column.key: row.get(column.key) for column in spec.columns} for row in rows]
    return frame_of(spec, pa.Table.from_pylist(listed, schema=spec.schema))


def sample(**changes: Any) -> Content:
    """A weekly export of some hundred rows."""
    chance = random.Random(46)
    frames = {}
    for spec in TABLES:
        if spec.name in MADE:
            frames[spec.name] = frame(spec, list(MADE[spec.name]()))
        else:
            rows = [
                {column.key: _value(column, n, chance) for column in spec.columns}
                for n in range(ROWS[spec.name])
            ]
            frames[spec.name] = frame(spec, rows)
    return content(frames, **changes)


def _value(column: Column, n: int, chance: random.Random) -> Any:
    if column.key in CHOICES:
        return chance.choice(CHOICES[column.key])
    if column.key == "url":
        return f"https://www.xiaohongshu.com/explore/66f{n:05}"
    match column.type:
        case "money":
            return chance.randrange(1_900, 89_900)
        case "count":
            return chance.randrange(0, 1_500)
        case "ratio":
            return Decimal(chance.randrange(0, 1_000_000)).scaleb(-6)
        case "date":
            return MONDAY + timedelta(days=chance.randrange(7))
        case "instant":
            return AS_OF - timedelta(seconds=chance.randrange(7 * 86_400))
        case "bool":
            return chance.random() < 0.5
        case "id":
            return f"{69_000_000_000_000_000_000 + n:020}" if "order" in column.key else f"u{n:04}"
    return "说明文字"


def _periods() -> Iterator[tuple[int, dict[str, Any]]]:
    for n in range(5):
        start = MONDAY - timedelta(days=7 * (4 - n))
        of = {"period": f"2026-W{42 + n}", "start": start, "end": start + timedelta(days=7)}
        yield n, of | {"as_of": AS_OF - timedelta(days=7 * (4 - n))}


def _group_share() -> Iterator[dict[str, Any]]:
    cells = ("member_and_touch", "member_only", "touch_only", "neither")
    for n, of in _periods():
        for basis, kept in (("gross", 100), ("net", 95), ("net_ledger", 94)):
            gmv = [
                kept * each
                for each in (9_120 + 700 * n, 5_210 + 150 * n, 2_005 - 90 * n, 31_300 + 40 * n)
            ]
            orders = [52 + n, 37, 14, 203]
            total = sum(gmv)
            yield of | {
                "basis": basis,
                "orders": sum(orders),
                "gmv": total,
                "share_touch": _ratio(gmv[0] + gmv[2], total),
                "share_member": _ratio(gmv[0] + gmv[1], total),
                "share_low": _ratio(gmv[0], total),
                "share_high": _ratio(total - gmv[3], total),
                **{f"{cell}_gmv": each for cell, each in zip(cells, gmv, strict=True)},
                **{f"{cell}_orders": each for cell, each in zip(cells, orders, strict=True)},
                "matched_orders": 120 + n,
                "match_rate": _ratio(120 + n, 306 + n),
            }


def _repurchase() -> Iterator[dict[str, Any]]:
    for n, of in _periods():
        cohort = {
            "cohort_start": of["end"] - timedelta(days=35),
            "cohort_end": of["end"] - timedelta(days=28),
        }
        group, other = (40 + n, 11 + n), (160 - n, 19)
        counts = {"group": group, "non_group": other}
        counts["all"] = (group[0] + other[0], group[1] + other[1])
        for segment, (buyers, again) in counts.items():
            lift = Decimal(group[1] * other[0]) / (group[0] * other[1])
            yield (
                of
                | cohort
                | {
                    "segment": segment,
                    "buyers": buyers,
                    "mature_buyers": buyers,
                    "immature_buyers": 0,
                    "repeat_buyers": again,
                    "rate": _ratio(again, buyers),
                    "lift": lift.quantize(Decimal("0.000001")) if segment == "all" else None,
                }
            )


def _retention() -> Iterator[dict[str, Any]]:
    for n, of in _periods():
        for kind in ("stay", "speak"):
            for day in (1, 7, 30):
                kept = 150 - 2 * day - n
                yield of | {
                    "kind": kind,
                    "day": day,
                    "mature": 160,
                    "retained": kept,
                    "rate": _ratio(kept, 160),
                }


def _ratio(part: int, whole: int) -> Decimal:
    return (Decimal(part) / whole).quantize(Decimal("0.000001"))


MADE: dict[str, Callable[[], Iterator[dict[str, Any]]]] = {
    "group_share": _group_share,
    "repurchase": _repurchase,
    "retention": _retention,
}
