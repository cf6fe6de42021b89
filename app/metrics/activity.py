"""Group activity: who comes and goes, who speaks, bucket by bucket."""

from functools import lru_cache

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from app.core.clock import Bucket
from app.core.errors import BadParameter
from app.core.sql import sql
from app.metrics.question import Answer, Scope
from app.metrics.ratio import Ratio, ratio

MOST_ROWS = 500_000


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
    bounds = [b.starts_at for b in buckets] + [scope.window.ends_at]
    counted = await connection.execute(
        sql("metrics", "activity"),
        {
            "brand": scope.brand_id,
            "bounds": bounds,
            "as_of": scope.as_of,
            "group_id": group_id,
            "rows": MOST_ROWS + 1,
        },
    )
    found = counted.all()
    if len(found) > MOST_ROWS:
        raise BadParameter(
            "bucket", f"makes more than {MOST_ROWS} rows; ask for longer ones, or for one group"
        )
    dates = [(b.start.isoformat(), b.end.isoformat()) for b in buckets]
    # The same small numbers come again and again, and an exact division is slow.
    divided = lru_cache(maxsize=4096)(ratio)
    rows = []
    for row in found:
        members_start, members_during = int(row.members_start), int(row.members_during)
        leaves, speaking_members = int(row.leaves), int(row.speaking_members)
        start, end = dates[row.n - 1]
        rows.append(
            ActivityRow(
                group_id=row.group_id,
                name=row.name,
                start=start,
                end=end,
                members_start=members_start,
                members_end=int(row.members_end),
                joins=int(row.joins),
                leaves=leaves,
                messages=int(row.messages),
                speakers=int(row.speakers),
                members_during=members_during,
                speaking_members=speaking_members,
                interaction_rate=divided(speaking_members, members_during),
                leave_rate=divided(leaves, members_start),
            )
        )
    return Activity(**scope.used("activity"), bucket=bucket, group_id=group_id, rows=rows)
