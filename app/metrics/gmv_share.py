"""Group share of brand GMV (群聊成交 GMV 占比): by touch and by membership."""

from collections import Counter
from typing import Any, Literal

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from app.core.clock import Bucket
from app.core.sql import sql
from app.metrics.question import Answer, Scope
from app.metrics.ratio import Ratio, ratio

Basis = Literal["gross", "net", "net_ledger"]


class Sum(msgspec.Struct, frozen=True):
    """Orders, and their money in the currency's minor unit."""

    orders: int = 0
    gmv: int = 0

    def __add__(self, other: "Sum") -> "Sum":
        return Sum(self.orders + other.orders, self.gmv + other.gmv)


class Cells(msgspec.Struct, frozen=True):
    """Every GMV order is in exactly one cell, decided at the time it was paid."""

    member_and_touch: Sum = Sum()
    member_only: Sum = Sum()
    touch_only: Sum = Sum()
    neither: Sum = Sum()

    @property
    def total(self) -> Sum:
        return self.member_and_touch + self.member_only + self.touch_only + self.neither


class Shares(msgspec.Struct, frozen=True):
    """touch: 群内成交; member: 群用户成交; low: both at once; high: at least one."""

    touch: Ratio | None
    member: Ratio | None
    low: Ratio | None
    high: Ratio | None


class Match(msgspec.Struct, frozen=True):
    """How many orders are of customers who are known as members at all."""

    orders: int
    matched_orders: int
    rate: Ratio | None


class GroupRow(msgspec.Struct, frozen=True):
    """What is credited to one group, and its part of the total."""

    group_id: str
    name: str | None
    orders: int
    gmv: int
    share: Ratio | None


class BucketRow(msgspec.Struct, frozen=True):
    """One bucket of the window; `start` and `end` are local dates, end excluded."""

    start: str
    end: str
    total: Sum
    cells: Cells
    share: Shares
    order_share: Shares


class GmvShare(Answer, frozen=True, kw_only=True):
    """The answer; the four cells, and the groups with `uncredited`, each add up to the total."""

    basis: Basis
    bucket: Bucket
    total: Sum
    cells: Cells
    share: Shares
    order_share: Shares
    match: Match
    groups: list[GroupRow]
    uncredited: Sum
    series: list[BucketRow]


async def gmv_share(
    connection: AsyncConnection, scope: Scope, basis: Basis, bucket: Bucket
) -> GmvShare:
    """Count and divide; see docs/metrics.md, "Group share"."""
    buckets = list(scope.window.buckets(bucket))
    asked: dict[str, Any] = {"brand": scope.brand_id, "basis": basis}
    if scope.present and scope.picked is None:
        counted = await connection.execute(
            sql("metrics", "gmv_share_now"),
            asked | scope.dates | {"starts": [b.start for b in buckets]},
        )
    else:
        asked |= {
            "starts": [b.starts_at for b in buckets],
            "ends": [b.ends_at for b in buckets],
            "as_of": scope.as_of,
            **scope.picks,
        }
        counted = await connection.execute(sql("metrics", "gmv_share"), asked)
    by_bucket: list[dict[str, Sum]] = [{} for _ in buckets]
    groups: list[Any] = []
    uncredited, matched = Sum(), 0
    for row in counted:
        counts = Sum(int(row.orders), int(row.gmv))
        if row.of_bucket:
            by_bucket[row.n - 1][row.cell] = counts
            matched += int(row.matched)
        elif row.group_id is None:
            uncredited = counts
        else:
            groups.append((row.group_id, row.name, counts))
    series = []
    sums: Counter[str] = Counter()
    for part, cells_of in zip(buckets, by_bucket, strict=True):
        cells = Cells(**cells_of)
        series.append(
            BucketRow(
                part.start.isoformat(),
                part.end.isoformat(),
                cells.total,
                cells,
                _shares(cells, "gmv"),
                _shares(cells, "orders"),
            )
        )
        for cell, counts in cells_of.items():
            sums.update({(f"{cell}.orders"): counts.orders, f"{cell}.gmv": counts.gmv})
    cells = Cells(
        **{c: Sum(sums[f"{c}.orders"], sums[f"{c}.gmv"]) for c in Cells.__struct_fields__}
    )
    total = cells.total
    groups.sort(key=lambda g: (-g[2].gmv, g[0]))
    return GmvShare(
        **scope.used("gmv-share"),
        basis=basis,
        bucket=bucket,
        total=total,
        cells=cells,
        share=_shares(cells, "gmv"),
        order_share=_shares(cells, "orders"),
        match=Match(total.orders, matched, ratio(matched, total.orders)),
        groups=[
            GroupRow(group_id, name, c.orders, c.gmv, ratio(c.gmv, total.gmv))
            for group_id, name, c in groups
        ],
        uncredited=uncredited,
        series=series,
    )


def _shares(cells: Cells, of: Literal["gmv", "orders"]) -> Shares:
    both, member, touch, total = (
        getattr(part, of)
        for part in (cells.member_and_touch, cells.member_only, cells.touch_only, cells.total)
    )
    return Shares(
        touch=ratio(both + touch, total),
        member=ratio(both + member, total),
        low=ratio(both, total),
        high=ratio(both + member + touch, total),
    )
