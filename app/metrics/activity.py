"""Group activity: who comes and goes, who speaks, bucket by bucket."""

from functools import lru_cache
from itertools import groupby

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from app.core.clock import Bucket, Window
from app.core.errors import BadParameter
from app.core.sql import sql
from app.metrics.question import Answer, Scope
from app.metrics.ratio import Ratio, ratio

MOST_ROWS = 500_000

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
    whole = bucket != "none" and all(each.is_whole(bucket) for each in buckets)
    if scope.present and whole:
        rows = await _kept(connection, scope, bucket, buckets, group_id)
    else:
        rows = await _counted(connection, scope, buckets, group_id)
    return Activity(**scope.used("activity"), bucket=bucket, group_id=group_id, rows=rows)


async def _kept(
    connection: AsyncConnection,
    scope: Scope,
    bucket: Bucket,
    buckets: list[Window],
    group_id: str | None,
) -> list[ActivityRow]:
    """The rows from the sums of whole buckets; what is not there is 0."""
    found = await connection.execute(
        sql("metrics", "activity_now"),
        {
            "brand": scope.brand_id,
            "start": scope.window.start,
            "end": scope.window.end,
            "month": scope.window.start.replace(day=1),
            "grain": bucket,
            "starts": [each.start for each in buckets],
            "group_id": group_id,
        },
    )
    row_of = _Rows(buckets)
    rows: list[ActivityRow] = []
    for (group, name), sums in groupby(found, key=lambda row: (row.group_id, row.name)):
        by_bucket = {row.n: row for row in sums}
        members = int(by_bucket[0].change) if 0 in by_bucket else 0
        of_group = []
        active = group == group_id
        for n in range(1, len(buckets) + 1):
            row = by_bucket.get(n)
            if row is None:
                counts = (members, members, 0, 0, 0, 0, members, 0)
            else:
                there, members = members, members + int(row.change)
                counts = (
                    there,
                    members,
                    int(row.joins),
                    int(row.leaves),
                    int(row.messages),
                    int(row.speakers),
                    there + int(row.arrivals),
                    int(row.speaking_members),
                )
            active = active or counts[6] > 0 or counts[5] > 0
            of_group.append(row_of(group, name, n, counts))
        if active:
            rows += of_group
            _check(len(rows))
    return rows


async def _counted(
    connection: AsyncConnection, scope: Scope, buckets: list[Window], group_id: str | None
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
