"""Segments as operators write and read them: a name, a rule, and who is in it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Select, select, text, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from app.core.errors import NotFound, Problem
from app.crm.segments.clock import clock_of, told
from app.crm.segments.rule import Rule
from app.crm.tokens import random_text
from app.derive.touched import ask_for_counting
from app.models.segment import DirtySegment, Segment, SegmentChange, SegmentMember

MOST_SEGMENTS = 200
"""Of a brand: each customer whom something touches is looked at for each of them."""


class Saved(msgspec.Struct, frozen=True):
    """A segment; `is_current`: nothing is known yet that its members do not tell of."""

    segment_id: str
    name: str
    rule: Any
    created_at: datetime
    created_by: str
    changed_at: datetime
    refreshed_at: datetime | None
    members: int
    is_current: bool


async def create(
    connection: AsyncConnection, brand_id: int, actor: str, name: str, rule: Rule
) -> str:
    """Save a rule under a new id; a worker counts its members.

    Raises:
        Problem: 409 where the brand has too many.
    """
    known = await connection.scalar(
        text("SELECT count(*) FROM segment WHERE brand_id = :brand"), {"brand": brand_id}
    )
    if (known or 0) >= MOST_SEGMENTS:
        raise Problem(
            409, "too_many_segments", f"A brand has at most {MOST_SEGMENTS} segments; delete one."
        )
    segment_id = f"seg_{random_text(12, 'abcdefghijkmnpqrstuvwxyz23456789')}"
    await connection.execute(
        text(
            "INSERT INTO segment (brand_id, segment_id, name, rule, reads, created_by)"
            " VALUES (:brand, :segment, :name, CAST(:rule AS jsonb),"
            " CAST(:reads AS text[]), :actor)"
        ),
        {"brand": brand_id, "segment": segment_id, "name": name, "actor": actor} | _stored(rule),
    )
    await ask_for_counting(connection, brand_id)
    return segment_id


async def change(
    connection: AsyncConnection,
    brand_id: int,
    segment_id: str,
    name: str | None,
    rule: Rule | None,
) -> None:
    """Change what is given; by another rule all members are counted anew.

    Raises:
        NotFound: where there is no such segment.
    """
    values = {} if rule is None else _stored(rule)
    changed = await connection.execute(
        text(
            "UPDATE segment SET name = coalesce(:name, name), changed_at = clock_timestamp(),"
            " rule = coalesce(CAST(:rule AS jsonb), rule),"
            " reads = coalesce(CAST(:reads AS text[]), reads),"
            " clock = CASE WHEN CAST(:rule AS jsonb) IS NULL THEN clock END"
            " WHERE brand_id = :brand AND segment_id = :segment"
        ),
        {"brand": brand_id, "segment": segment_id, "name": name, "rule": None, "reads": None}
        | values,
    )
    if not changed.rowcount:
        raise NotFound("segment")
    if rule is not None:
        await ask_for_counting(connection, brand_id)


async def delete(connection: AsyncConnection, brand_id: int, segment_id: str) -> None:
    """Forget a segment, its members and who entered and left.

    Raises:
        NotFound: where there is no such segment.
    """
    given = {"brand": brand_id, "segment": segment_id}
    of_segment = "WHERE brand_id = :brand AND segment_id = :segment"
    # With the row locked nobody writes members meanwhile.
    held = await connection.execute(text(f"SELECT 1 FROM segment {of_segment} FOR UPDATE"), given)
    if held.one_or_none() is None:
        raise NotFound("segment")
    for table in ("segment_change", "segment_member", "segment"):
        await connection.execute(text(f"DELETE FROM {table} {of_segment}"), given)


async def find(connection: AsyncConnection, brand_id: int, segment_id: str) -> Saved:
    """One segment.

    Raises:
        NotFound: where there is no such segment.
    """
    found = await _read(
        connection, brand_id, _segments(brand_id).where(Segment.segment_id == segment_id)
    )
    if not found:
        raise NotFound("segment")
    return found[0]


async def page(
    connection: AsyncConnection, brand_id: int, most: int, after: Sequence[Any] | None
) -> list[Saved]:
    """Segments, the newest first, after one of (created_at, segment_id)."""
    order = (Segment.created_at, Segment.segment_id)
    rows = _segments(brand_id).order_by(*(column.desc() for column in order)).limit(most)
    if after is not None:
        rows = rows.where(tuple_(*order) < tuple_(*after))
    return await _read(connection, brand_id, rows)


class Member(msgspec.Struct, frozen=True):
    """Who is in a segment, and since when its rule was last found to hold."""

    customer_id: str
    entered_at: datetime


async def members(
    connection: AsyncConnection, brand_id: int, segment_id: str, most: int, after: str | None
) -> list[Member]:
    """Who is in a segment, by customer_id, after one of them."""
    rows = (
        select(SegmentMember.customer_id, SegmentMember.entered_at)
        .where(SegmentMember.brand_id == brand_id, SegmentMember.segment_id == segment_id)
        .order_by(SegmentMember.customer_id)
        .limit(most)
    )
    if after is not None:
        rows = rows.where(SegmentMember.customer_id > after)
    return [Member(*row) for row in await connection.execute(rows)]


class Change(msgspec.Struct, frozen=True):
    """A customer entered a segment or, where `entered` is false, left it."""

    at: datetime
    customer_id: str
    entered: bool


async def changes(
    connection: AsyncConnection,
    brand_id: int,
    segment_id: str,
    most: int,
    after: Sequence[Any] | None,
) -> list[Change]:
    """Who entered and left, the newest first, after one of (at, customer_id)."""
    order = (SegmentChange.at, SegmentChange.customer_id)
    rows = (
        select(*order, SegmentChange.entered)
        .where(SegmentChange.brand_id == brand_id, SegmentChange.segment_id == segment_id)
        .order_by(*(column.desc() for column in order))
        .limit(most)
    )
    if after is not None:
        rows = rows.where(tuple_(*order) < tuple_(*after))
    return [Change(*row) for row in await connection.execute(rows)]


def _segments(brand_id: int) -> Select[Any]:
    columns = [getattr(Segment, name) for name in Saved.__struct_fields__[:-1]]
    return select(*columns, Segment.reads, Segment.clock).where(Segment.brand_id == brand_id)


async def _read(connection: AsyncConnection, brand_id: int, rows: Select[Any]) -> list[Saved]:
    clock = await clock_of(connection, brand_id)
    touched = await connection.scalar(
        select(select(DirtySegment.since).where(DirtySegment.brand_id == brand_id).exists())
    )
    return [
        Saved(*(*fields, stored == told(clock, reads) and not touched))
        for *fields, reads, stored in await connection.execute(rows)
    ]


def _stored(rule: Rule) -> dict[str, Any]:
    return {"rule": msgspec.json.encode(rule).decode(), "reads": sorted(rule.reads)}
