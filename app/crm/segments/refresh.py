"""Keeps the members of segments: a function of the facts, the rule and the clock.

Wholly where the clock or the rule is another than they were counted under, else of the customers
whom something touched. Whoever holds the lock on a segment's row writes its members.
"""

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from app.core.db import transaction
from app.crm.segments.clock import clock_of, told
from app.crm.segments.condition import Clock
from app.crm.segments.rule import read
from app.crm.segments.write import write
from app.derive.touched import EVERYBODY, RULE, ask_for_counting

MOST_TOUCHED = 2_000
"""How many touched customers are looked at in one transaction."""

TOO_MANY = 50_000
"""Where more are touched, counting everybody anew is cheaper."""


async def brands(pool: AsyncEngine, *, every: bool) -> list[int]:
    """The brands that something touched; or all, since days and cut points go on by themselves."""
    found = "SELECT DISTINCT brand_id FROM dirty_segment ORDER BY brand_id"
    if every:
        found = "SELECT brand_id FROM work_lease ORDER BY brand_id"
    async with transaction(pool) as connection:
        return [row.brand_id for row in await connection.execute(text(found))]


async def refresh(pool: AsyncEngine, brand_id: int) -> None:
    """Bring a brand's segments up to date."""
    while await _round(pool, brand_id):
        pass


async def _round(pool: AsyncEngine, brand_id: int) -> bool:
    """Count what is to be counted; True where that showed that there is more."""
    async with transaction(pool, brand_id) as connection:
        await connection.execute(
            text("DELETE FROM dirty_segment WHERE brand_id = :brand AND touched = :rule"),
            {"brand": brand_id, "rule": RULE},
        )
        clock = await clock_of(connection, brand_id)
        known = await connection.execute(
            text(
                "SELECT segment_id, reads, clock FROM segment"
                " WHERE brand_id = :brand ORDER BY segment_id"
            ),
            {"brand": brand_id},
        )
        wholly = [row.segment_id for row in known if row.clock != told(clock, row.reads)]
    for segment_id in wholly:
        async with transaction(pool, brand_id) as connection:
            await refresh_wholly(connection, clock, segment_id)
    more = True
    while more:
        async with transaction(pool, brand_id) as connection:
            more = await refresh_touched(connection, clock)
    async with transaction(pool, brand_id) as connection:
        asked = await connection.scalar(
            text(
                "SELECT EXISTS (SELECT FROM dirty_segment"
                " WHERE brand_id = :brand AND touched = :rule)"
            ),
            {"brand": brand_id, "rule": RULE},
        )
        return bool(asked)


async def refresh_wholly(connection: AsyncConnection, clock: Clock, segment_id: str) -> None:
    """Count all members anew, unless somebody else does or has."""
    held = await connection.execute(
        text(
            "SELECT rule, reads, clock FROM segment"
            " WHERE brand_id = :brand AND segment_id = :segment FOR UPDATE SKIP LOCKED"
        ),
        {"brand": clock.brand_id, "segment": segment_id},
    )
    row = held.one_or_none()
    if row is not None and row.clock != told(clock, row.reads):
        await write(connection, clock, segment_id, read(row.rule))


async def refresh_touched(connection: AsyncConnection, clock: Clock) -> bool:
    """Look again at some of whom something touched; False where nobody was left, or another is
    at it.

    What is not current will be counted wholly, later than what is taken off the queue here.
    """
    given = {"brand": clock.brand_id}
    held = await connection.execute(
        text(
            "SELECT segment_id, rule, reads, clock FROM segment WHERE brand_id = :brand"
            " ORDER BY segment_id FOR UPDATE SKIP LOCKED"
        ),
        given,
    )
    segments = held.all()
    known = await connection.scalar(
        text("SELECT count(*) FROM segment WHERE brand_id = :brand"), given
    )
    if known != len(segments):
        return False
    touched = await _take(connection, clock.brand_id)
    current = [each for each in segments if each.clock == told(clock, each.reads)]
    for each in current:
        customers = sorted({c for kind in ("facts", *each.reads) for c in touched.get(kind, ())})
        if EVERYBODY in customers:
            await count_anew(connection, clock.brand_id, each.segment_id)
        elif customers:
            among = msgspec.structs.replace(clock, among=customers)
            await write(connection, among, each.segment_id, read(each.rule))
    return bool(touched)


async def count_anew(connection: AsyncConnection, brand_id: int, segment_id: str) -> bool:
    """Ask for all members to be counted anew; False where there is no such segment."""
    await ask_for_counting(connection, brand_id)
    updated = await connection.execute(
        text("UPDATE segment SET clock = NULL WHERE brand_id = :brand AND segment_id = :segment"),
        {"brand": brand_id, "segment": segment_id},
    )
    return bool(updated.rowcount)


async def _take(connection: AsyncConnection, brand_id: int) -> dict[str, set[str]]:
    """Take customers off the queue, by what touched them; where there are too many, all of them,
    as if everybody had been touched.
    """
    many = await connection.scalar(
        text(
            "SELECT count(*) FROM"
            " (SELECT FROM dirty_segment WHERE brand_id = :brand LIMIT :most + 1) AS d"
        ),
        {"brand": brand_id, "most": TOO_MANY},
    )
    too_many = (many or 0) > TOO_MANY
    taken = await connection.execute(
        text(
            "DELETE FROM dirty_segment AS d WHERE d.brand_id = :brand AND d.ctid = ANY (ARRAY("
            "  SELECT n.ctid FROM dirty_segment AS n WHERE n.brand_id = :brand"
            "  AND n.touched <> :rule"
            "  ORDER BY n.customer_id, n.touched LIMIT CAST(:most AS bigint) FOR UPDATE SKIP LOCKED"
            ")) RETURNING d.customer_id, d.touched"
        ),
        {"brand": brand_id, "rule": RULE, "most": None if too_many else MOST_TOUCHED},
    )
    touched: dict[str, set[str]] = {}
    for row in taken:
        touched.setdefault(row.touched, set()).add(EVERYBODY if too_many else row.customer_id)
    return touched
