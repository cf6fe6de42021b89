"""Lines and intervals as rows: read from their tables, and as arrays for the statements."""

from collections.abc import Iterable
from typing import Any

import msgspec
from sqlalchemy import Row

from app.payloads import JoinSource
from app.projection.batch import MembershipLine
from app.projection.fold import Interval


def _source(row: Row[Any]) -> JoinSource | None:
    if row.source_kind is None:
        return None
    return JoinSource(
        kind=row.source_kind,
        note_id=row.note_id,
        live_id=row.live_id,
        inviter_member_id=row.inviter_member_id,
    )


def read_line(row: Row[Any]) -> MembershipLine:
    """A stored line of a group's history."""
    return MembershipLine(
        group_id=row.group_id,
        at=row.at,
        event_id=row.event_id,
        event_source=row.event_source,
        kind=row.kind,
        member_id=row.member_id,
        member_ids=row.member_ids,
        source=_source(row),
        role=row.role,
        reason=row.reason,
    )


def read_interval(row: Row[Any]) -> Interval:
    """A stored interval."""
    return Interval(
        group_id=row.group_id,
        member_id=row.member_id,
        joined_at=row.joined_at,
        n=row.n,
        left_at=row.left_at,
        join_inferred=row.join_inferred,
        leave_inferred=row.leave_inferred,
        leave_reason=row.leave_reason,
        source_at=row.source_at,
        source=_source(row),
        role=row.role,
    )


def _sources(sources: Iterable[JoinSource | None]) -> dict[str, list[str | None]]:
    known = list(sources)
    return {
        "source_kinds": [source.kind if source else None for source in known],
        "note_ids": [source.note_id if source else None for source in known],
        "live_ids": [source.live_id if source else None for source in known],
        "inviters": [source.inviter_member_id if source else None for source in known],
    }


def line_columns(brand_id: int, lines: list[MembershipLine]) -> dict[str, Any]:
    """Lines as the parameters of insert_lines.sql: one array a column."""
    return {
        "brand": brand_id,
        "group_ids": [line.group_id for line in lines],
        "ats": [line.at for line in lines],
        "event_ids": [line.event_id for line in lines],
        "event_sources": [line.event_source for line in lines],
        "kinds": [line.kind for line in lines],
        "member_ids": [line.member_id for line in lines],
        "lists": [
            None if line.member_ids is None else msgspec.json.encode(line.member_ids).decode()
            for line in lines
        ],
        "roles": [line.role for line in lines],
        "reasons": [line.reason for line in lines],
        **_sources(line.source for line in lines),
    }


def interval_columns(intervals: list[Interval]) -> dict[str, Any]:
    """Intervals as the parameters of put_intervals.sql: one array a column."""
    return {
        "group_ids": [i.group_id for i in intervals],
        "member_ids": [i.member_id for i in intervals],
        "joined_ats": [i.joined_at for i in intervals],
        "ns": [i.n for i in intervals],
        "left_ats": [i.left_at for i in intervals],
        "join_inferreds": [i.join_inferred for i in intervals],
        "leave_inferreds": [i.leave_inferred for i in intervals],
        "leave_reasons": [i.leave_reason for i in intervals],
        "source_ats": [i.source_at for i in intervals],
        "roles": [i.role for i in intervals],
        **_sources(i.source for i in intervals),
    }
