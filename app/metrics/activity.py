"""Group activity: who comes and goes, who speaks, bucket by bucket."""

from functools import lru_cache
from typing import Any

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.core.clock import Bucket, Window
from app.core.errors import BadParameter
from app.core.sql import sql
from app.metrics.question import Answer, Scope
from app.metrics.ratio import Ratio, ratio

MOST_ROWS = 500_000

READ_ROWS = 50
"""The sums of so many groups are in memory at a time."""

SUMS = ("change", "joins", "leaves", "arrivals", "messages", "speakers", "speaking_members")
Sums = tuple[int, int, int, int, int, int, int]

Counts = tuple[int, int, int, int, int, int, int, int]
"""From members_start to speaking_members, in the order of the fields of a row."""


class ActivityRow(msgspec.Struct, frozen=True):
    """One group in one bucket; members and speakers are customers, start and end local dates."""

    group_id: str
    name: str | None
    start: str
    end: str
    members_start: int
    members_end: int
    joins: int
    leaves: int
    messages: int
    speakers: int
    members_during: int
    speaking_members: int
    interaction_rate: Ratio | None
    leave_rate: Ratio | None


class Activity(Answer, frozen=True, kw_only=True):
    """The answer, by group_id and start; empty buckets included."""

    bucket: Bucket
    group_id: str | None
    rows: list[ActivityRow]


async def activity(
    connection: AsyncConnection, scope: Scope, bucket: Bucket, group_id: str | None
) -> Activity:
    """Count and divide; see docs/metrics.md, "Group activity".

    Raises:
        BadParameter: where there are more rows than anybody can read.
    """
    buckets = list(scope.window.buckets(bucket))
    answer = _kept if scope.present else _counted
    rows = await answer(connection, scope, bucket, buckets, group_id)
    return Activity(**scope.used("activity"), bucket=bucket, group_id=group_id, rows=rows)


async def _kept(
    connection: AsyncConnection,
    scope: Scope,
    bucket: Bucket,
    buckets: list[Window],
    group_id: str | None,
) -> list[ActivityRow]:
    """The rows from the sums of whole buckets, and those of buckets that the window cuts.

    What is not there is 0. The sums are read as they come: of a year by day there are many.
    """
    given: dict[str, Any] = {"brand": scope.brand_id, "group_id": group_id}
    cut: dict[str, dict[int, Sums]] = {}
    for n, each in enumerate(buckets, 1):
        if not each.is_whole(bucket) and each.start < each.end:
            found = await connection.execute(
                sql("metrics", "activity_cut_now"),
                given
                | {"n": n, "start": each.start, "end": each.end}
                | {"starts_at": each.starts_at, "ends_at": each.ends_at},
            )
            for row in found:
                cut.setdefault(row.group_id, {})[n] = tuple(getattr(row, name) for name in SUMS)
    whole = [each for each in buckets if each.is_whole(bucket)]
    # A cursor is planned for its first rows unless told that all will be read.
    await connection.execute(text("SET LOCAL cursor_tuple_fraction = 1"))
    of_groups = await connection.stream(
        sql("metrics", "activity_now").execution_options(yield_per=READ_ROWS),
        given
        | {
            "start": scope.window.start,
            "month": scope.window.start.replace(day=1),
            "grain": bucket,
            "starts": [each.start for each in buckets],
            "whole_from": whole[0].start if whole else scope.window.end,
            "whole_to": whole[-1].end if whole else scope.window.end,
            "cut": sorted(cut),
        },
    )
    row_of = _Rows(buckets)
    rows: list[ActivityRow] = []
    async for part in of_groups.partitions():
        for group, name, *columns in part:
            sums: dict[int, Sums] = dict(
                zip(columns[0], zip(*columns[1:], strict=True), strict=True)
            )
            of_group = _of_group(sums | cut.get(group, {}), len(buckets))
            if group == group_id or any(during or spoke for *_, spoke, during, _ in of_group):
                _check(len(rows) + len(of_group))
                rows += [row_of(group, name, n, counts) for n, counts in enumerate(of_group, 1)]
    return rows


def _of_group(by_bucket: dict[int, Sums], last: int) -> list[Counts]:
    """The counts of one group in all buckets; bucket 0 has the members at the start."""
    members = by_bucket[0][0] if 0 in by_bucket else 0
    counts: list[Counts] = []
    for n in range(1, last + 1):
        sums = by_bucket.get(n)
        if sums is None:
            counts.append((members, members, 0, 0, 0, 0, members, 0))
        else:
            change, joins, leaves, arrivals, messages, speakers, speaking = sums
            there, members = members, members + change
            counts.append(
                (there, members, joins, leaves, messages, speakers, there + arrivals, speaking)
            )
    return counts


async def _counted(
    connection: AsyncConnection,
    scope: Scope,
    bucket: Bucket,
    buckets: list[Window],
    group_id: str | None,
) -> list[ActivityRow]:
    """The rows counted from memberships and messages."""
    found = await connection.execute(
        sql("metrics", "activity"),
        {
            "brand": scope.brand_id,
            "bounds": [b.starts_at for b in buckets] + [scope.window.ends_at],
            "as_of": scope.as_of,
            "group_id": group_id,
            "rows": MOST_ROWS + 1,
        },
    )
    row_of = _Rows(buckets)
    rows = [
        row_of(
            row.group_id,
            row.name,
            row.n,
            (
                int(row.members_start),
                int(row.members_end),
                int(row.joins),
                int(row.leaves),
                int(row.messages),
                int(row.speakers),
                int(row.members_during),
                int(row.speaking_members),
            ),
        )
        for row in found
    ]
    _check(len(rows))
    return rows


class _Rows:
    """Makes rows: the dates of their bucket, the counts in the order of their fields, the rates."""

    def __init__(self, buckets: list[Window]) -> None:
        self.dates = [(b.start.isoformat(), b.end.isoformat()) for b in buckets]
        # The same small numbers come again and again, and an exact division is slow.
        self.divided = lru_cache(maxsize=4096)(ratio)

    def __call__(self, group_id: str, name: str | None, n: int, counts: Counts) -> ActivityRow:
        members_start, _, _, leaves, _, _, members_during, speaking_members = counts
        start, end = self.dates[n - 1]
        return ActivityRow(
            group_id,
            name,
            start,
            end,
            *counts,
            self.divided(speaking_members, members_during),
            self.divided(leaves, members_start),
        )


def _check(rows: int) -> None:
    if rows > MOST_ROWS:
        raise BadParameter(
            "bucket", f"makes more than {MOST_ROWS} rows; ask for longer ones, or for one group"
        )
