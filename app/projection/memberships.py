"""Memberships: new lines of a group's history are folded in from their instant on.

Joins and leaves concern one member each, so only that member's intervals are folded; a
snapshot or a dismissal concerns everybody, and so does anything before a snapshot. An event in
order therefore costs the same however long the history is.
"""

from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from app.core.sql import sql
from app.projection.batch import MembershipLine
from app.projection.fold import Interval, IntervalKey, fold, rewind
from app.projection.membership_rows import (
    interval_columns,
    line_columns,
    read_interval,
    read_line,
)


async def fold_in(
    connection: AsyncConnection, brand_id: int, lines: list[MembershipLine]
) -> set[tuple[str, str]]:
    """Store the lines, fold them in, and give each group's members whose intervals changed."""
    if not lines:
        return set()
    await connection.execute(sql("projection", "insert_lines"), line_columns(brand_id, lines))
    since: dict[str, datetime] = {}
    whole = {line.group_id for line in lines if line.member_id is None}
    for line in lines:
        since[line.group_id] = min(line.at, since.get(line.group_id, line.at))
    whole |= await _before_snapshot(connection, brand_id, since)
    members: dict[tuple[str, str], datetime] = {}
    for line in lines:
        if line.group_id not in whole and line.member_id is not None:
            key = (line.group_id, line.member_id)
            members[key] = min(line.at, members.get(key, line.at))
    changed: set[tuple[str, str]] = set()
    if whole:
        groups = sorted(whole)
        scope = {"brand": brand_id, "groups": groups, "sinces": [since[g] for g in groups]}
        starts = {(group,): since[group] for group in groups}
        changed |= await _refold(connection, "group", scope, starts)
    if members:
        keys = sorted(members)
        scope = {
            "brand": brand_id,
            "groups": [group for group, _ in keys],
            "members": [member for _, member in keys],
            "sinces": [members[key] for key in keys],
        }
        changed |= await _refold(connection, "member", scope, dict(members))
    return changed


async def _before_snapshot(
    connection: AsyncConnection, brand_id: int, since: dict[str, datetime]
) -> set[str]:
    asked = {"brand": brand_id, "groups": list(since), "sinces": list(since.values())}
    rows = await connection.execute(sql("projection", "with_snapshot"), asked)
    return {row.group_id for row in rows}


async def _refold(
    connection: AsyncConnection,
    scope: str,
    asked: dict[str, Any],
    starts: dict[Any, datetime],
) -> set[tuple[str, str]]:
    """Fold each part of the scope (a group, or a member in a group) from its start on."""
    width = 1 if scope == "group" else 2
    found_lines = await connection.execute(sql("projection", f"{scope}_lines"), asked)
    found_intervals = await connection.execute(sql("projection", f"{scope}_intervals"), asked)
    lines: dict[Any, list[MembershipLine]] = {part: [] for part in starts}
    everybody: dict[str, list[MembershipLine]] = {}
    flags: dict[tuple[str, str], bool] = {}
    for row in found_lines:
        line = read_line(row)
        if line.kind == "snapshot":
            flags[(line.event_id, line.event_source)] = row.suspect
        if width == 2 and line.member_id is None:
            everybody.setdefault(line.group_id, []).append(line)
        else:
            lines[(line.group_id, line.member_id)[:width]].append(line)
    stored: dict[Any, list[Interval]] = {part: [] for part in starts}
    for row in found_intervals:
        stored[(row.group_id, row.member_id)[:width]].append(read_interval(row))
    before: dict[IntervalKey, Interval] = {}
    after: dict[IntervalKey, Interval] = {}
    marks: list[tuple[MembershipLine, bool]] = []
    for part, start in starts.items():
        of_all = [line for line in everybody.get(part[0], ()) if line.at >= start]
        standing = rewind(stored[part], start)
        intervals, suspects = fold(standing, lines[part] + of_all)
        before |= {interval.key: interval for interval in stored[part]}
        after |= {interval.key: interval for interval in intervals}
        for line in lines[part]:
            suspect = suspects.get((line.event_id, line.event_source))
            if suspect is not None and suspect != flags[(line.event_id, line.event_source)]:
                marks.append((line, suspect))
    return await _write(connection, asked["brand"], before, after, marks)


async def _write(
    connection: AsyncConnection,
    brand_id: int,
    before: dict[IntervalKey, Interval],
    after: dict[IntervalKey, Interval],
    marks: list[tuple[MembershipLine, bool]],
) -> set[tuple[str, str]]:
    gone = sorted(key for key in before if key not in after)
    new = [after[key] for key in sorted(after) if before.get(key) != after[key]]
    if gone:
        groups, members, joined, ns = (list(column) for column in zip(*gone, strict=True))
        keys = {"group_ids": groups, "member_ids": members, "joined_ats": joined, "ns": ns}
        await connection.execute(sql("projection", "drop_intervals"), {"brand": brand_id} | keys)
    if new:
        columns = {"brand": brand_id} | interval_columns(new)
        await connection.execute(sql("projection", "put_intervals"), columns)
    if marks:
        await connection.execute(
            sql("projection", "mark_suspects"),
            {
                "brand": brand_id,
                "group_ids": [line.group_id for line, _ in marks],
                "ats": [line.at for line, _ in marks],
                "event_ids": [line.event_id for line, _ in marks],
                "event_sources": [line.event_source for line, _ in marks],
                "suspects": [suspect for _, suspect in marks],
            },
        )
    return {(group, member) for group, member, _, _ in gone} | {
        (interval.group_id, interval.member_id) for interval in new
    }
