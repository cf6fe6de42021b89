"""The fold of memberships: from the ordered lines of a group to its intervals.

Order: time; at one instant leaves and dismissals, then joins, then snapshots; then event id,
then source. Nothing here touches the database.
"""

from collections.abc import Iterable
from datetime import datetime

import msgspec

from app.payloads import JoinSource
from app.projection.batch import MembershipLine

RANK = {"leave": 0, "dismissal": 0, "join": 1, "snapshot": 2}

IntervalKey = tuple[str, str, datetime, int]


class Interval(msgspec.Struct, kw_only=True):
    """[joined_at, left_at) of one member in one group; `left_at` is None while it is open."""

    group_id: str
    member_id: str
    joined_at: datetime
    n: int
    left_at: datetime | None = None
    join_inferred: bool = False
    leave_inferred: bool = False
    leave_reason: str | None = None
    source_at: datetime | None = None
    source: JoinSource | None = None
    role: str | None = None

    @property
    def key(self) -> IntervalKey:
        return (self.group_id, self.member_id, self.joined_at, self.n)


def order(line: MembershipLine) -> tuple[datetime, int, str, str]:
    """The place of a line in the fold."""
    return (line.at, RANK[line.kind], line.event_id, line.event_source)


def rewind(intervals: Iterable[Interval], since: datetime) -> list[Interval]:
    """The intervals as they stood just before an instant."""
    standing = []
    for interval in intervals:
        if interval.joined_at >= since:
            continue
        before = msgspec.structs.replace(interval)
        if before.left_at is not None and before.left_at >= since:
            before.left_at, before.leave_inferred, before.leave_reason = None, False, None
        if before.source_at is not None and before.source_at >= since:
            before.source_at, before.source = None, None
        standing.append(before)
    return standing


def fold(
    standing: list[Interval], lines: Iterable[MembershipLine]
) -> tuple[list[Interval], dict[tuple[str, str], bool]]:
    """Fold a group's lines onto its intervals.

    Gives all intervals, and for each snapshot (by event id and source) whether it is suspect:
    it names less than half of the identities open at its turn, and so closes nobody.
    """
    intervals = list(standing)
    live = {i.member_id: i for i in standing if i.left_at is None}
    begun: dict[tuple[str, datetime], int] = {}
    suspect: dict[tuple[str, str], bool] = {}

    def begin(line: MembershipLine, member_id: str) -> Interval:
        n = begun.get((member_id, line.at), 0)
        begun[(member_id, line.at)] = n + 1
        interval = Interval(group_id=line.group_id, member_id=member_id, joined_at=line.at, n=n)
        intervals.append(interval)
        live[member_id] = interval
        return interval

    for line in sorted(lines, key=order):
        if line.kind == "join":
            assert line.member_id is not None
            interval = live.get(line.member_id)
            if interval is None:
                interval = begin(line, line.member_id)
                interval.role = line.role
            if interval.source is None and line.source is not None:
                interval.source, interval.source_at = line.source, line.at
        elif line.kind == "leave":
            assert line.member_id is not None
            interval = live.pop(line.member_id, None)
            if interval is not None:
                interval.left_at, interval.leave_reason = line.at, line.reason
        elif line.kind == "dismissal":
            for interval in live.values():
                interval.left_at, interval.leave_reason = line.at, "dismissed"
            live.clear()
        else:
            listed = set(line.member_ids or ())
            named = sum(member_id in listed for member_id in live)
            is_suspect = named * 2 < len(live)
            suspect[(line.event_id, line.event_source)] = is_suspect
            if not is_suspect:
                for member_id in [m for m in live if m not in listed]:
                    interval = live.pop(member_id)
                    interval.left_at, interval.leave_inferred = line.at, True
            for member_id in sorted(listed):
                if member_id not in live:
                    begin(line, member_id).join_inferred = True
    return intervals, suspect
