"""Writes the members of a segment: whom the rule finds replaces who is in, where they differ."""

from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    DateTime,
    any_,
    delete,
    func,
    insert,
    literal,
    not_,
    or_,
    select,
    text,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from app.crm.segments.clock import told
from app.crm.segments.compile import compiled
from app.crm.segments.condition import Clock
from app.crm.segments.rule import Rule
from app.models.segment import SegmentChange, SegmentMember

ROOM = text("SET LOCAL work_mem = '64MB'")
"""Millions of ids are gathered by customer in memory, as far as this goes."""


async def write(connection: AsyncConnection, clock: Clock, segment_id: str, rule: Rule) -> None:
    """Write who entered and who left, of those whom the clock asks about.

    The caller holds the lock on the segment's row, so the changes follow each other in time.
    """
    await connection.execute(ROOM)
    at = await connection.scalar(text("SELECT clock_timestamp()"))
    moved = (await connection.execute(_statement(clock, segment_id, rule, at))).scalar_one()
    if not moved and clock.among is not None:
        return
    await connection.execute(
        text(
            "UPDATE segment SET refreshed_at = :at, clock = :clock, members ="
            " (SELECT count(*) FROM segment_member"
            "  WHERE brand_id = :brand AND segment_id = :segment)"
            " WHERE brand_id = :brand AND segment_id = :segment"
        ),
        {
            "brand": clock.brand_id,
            "segment": segment_id,
            "at": at,
            "clock": told(clock, rule.reads),
        },
    )


def _statement(clock: Clock, segment_id: str, rule: Rule, at: datetime | None) -> Any:
    """A full join, which no guess about sizes can turn into a loop of loops."""
    of_segment: list[ColumnElement[bool]] = [
        SegmentMember.brand_id == clock.brand_id,
        SegmentMember.segment_id == segment_id,
    ]
    found = compiled(rule, clock).cte("holds")
    stored = (
        select(SegmentMember.customer_id)
        .where(*of_segment, *clock.asked(SegmentMember.customer_id))
        .subquery("stored")
    )
    here, there = found.c.customer_id, stored.c.customer_id
    changed = (
        select(func.coalesce(here, there).label("customer_id"), here.is_not(None).label("entered"))
        .select_from(found.join(stored, here == there, full=True))
        .where(or_(here.is_(None), there.is_(None)))
        .cte("changed")
    )
    key = (literal(clock.brand_id), literal(segment_id), changed.c.customer_id)
    when = literal(at, DateTime(timezone=True))
    entered = insert(SegmentMember).from_select(
        ["brand_id", "segment_id", "customer_id", "entered_at"],
        select(*key, when).where(changed.c.entered),
    )
    gone = select(changed.c.customer_id).where(not_(changed.c.entered)).scalar_subquery()
    left = delete(SegmentMember).where(
        *of_segment, SegmentMember.customer_id == any_(func.array(gone))
    )
    kept = insert(SegmentChange).from_select(
        ["brand_id", "segment_id", "customer_id", "at", "entered"],
        select(*key, when, changed.c.entered),
    )
    return (
        select(func.count())
        .select_from(changed)
        .add_cte(entered.cte("put"), left.cte("gone"), kept.cte("kept"))
    )
