"""A brand goes: every row of it in every table, in small steps that can be taken up again."""

import asyncio
from collections.abc import AsyncGenerator

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from app.core.db import transaction
from app.core.partitions import DETACHED, PARTITIONED
from app.core.sql import sql
from app.models.tables import metadata

AUDIT = ("audit_entry", "audit_head")
"""Append-only but for an owner who says that the brand is to be forgotten."""

DOORS = frozenset({"brand", "work_lease", "schedule", "login_attempt", *AUDIT})
"""What goes at once, with all that refers to a brand's own row, such as keys, sources, operators
and their sessions: nobody gets in any more, and no worker finds the brand.
"""

LAID_ASIDE = tuple(f"{DETACHED}.{each}" for each in PARTITIONED)
"""Where the rows of detached partitions are."""

REMAINS = "departed_brand"
STEP = 10_000
WAIT_SECONDS = 60.0


def branded() -> list[str]:
    """Every table that has rows of brands, those that refer to others first."""
    tables = reversed(metadata.sorted_tables)
    return [each.name for each in tables if "brand_id" in each.columns and each.name != REMAINS]


def doors() -> list[str]:
    """The tables of what goes at once, those that refer to others first."""
    found = set(DOORS)
    for table in metadata.sorted_tables:
        if any(key.column.table.name in found - {table.name} for key in table.foreign_keys):
            found.add(table.name)
    return [name for name in branded() if name in found]


async def begin(connection: AsyncConnection, brand_id: int) -> None:
    """Close the brand's doors and note that it goes; the caller commits."""
    await connection.execute(sql("moves", "depart"), {"brand": brand_id})
    await connection.execute(
        text("SELECT set_config('app.forget_brand', :brand, true)"), {"brand": str(brand_id)}
    )
    for name in doors():
        await connection.execute(
            text(f'DELETE FROM "{name}" WHERE brand_id = :brand'), {"brand": brand_id}
        )


async def under_way(connection: AsyncConnection) -> list[int]:
    """The brands that are going, and those gone within a day: a straggler may have written."""
    found = await connection.execute(
        text(
            "SELECT brand_id FROM departed_brand"
            " WHERE finished_at IS NULL OR finished_at > now() - interval '1 day'"
            " ORDER BY brand_id"
        )
    )
    return [row.brand_id for row in found]


async def rest(pool: AsyncEngine, brand_id: int) -> AsyncGenerator[tuple[str, int], None]:
    """Delete what is left, step by step: gives each table with how many rows went.

    It goes over all tables until a whole round finds nothing and all that was at work when the
    doors closed has ended; then the brand is gone.
    """
    async with transaction(pool) as connection:
        # Whatever runs now may have seen the brand; what begins later does not.
        after = await connection.scalar(
            text("SELECT CAST(pg_snapshot_xmax(pg_current_snapshot()) AS text)")
        )
    until = asyncio.get_running_loop().time() + WAIT_SECONDS
    while True:
        async with transaction(pool) as connection:
            settled = await connection.scalar(
                text(
                    "SELECT pg_snapshot_xmin(pg_current_snapshot())"
                    " >= CAST(CAST(:after AS text) AS xid8)"
                ),
                {"after": after},
            )
        found = 0
        for name in (*LAID_ASIDE, *(each for each in branded() if each not in AUDIT)):
            while gone := await _step(pool, brand_id, name):
                found += gone
                yield name, gone
        if not found and (settled or asyncio.get_running_loop().time() > until):
            break
        if not settled:
            await asyncio.sleep(0.2)
    async with transaction(pool) as connection:
        await connection.execute(
            text(
                "UPDATE departed_brand SET finished_at = coalesce(finished_at, clock_timestamp())"
                " WHERE brand_id = :brand"
            ),
            {"brand": brand_id},
        )


async def _step(pool: AsyncEngine, brand_id: int, name: str) -> int:
    """Delete some rows of a table, and count them with those that went before."""
    table = ".".join(f'"{each}"' for each in name.split("."))
    async with transaction(pool, brand_id) as connection:
        gone = await connection.execute(
            text(
                f"DELETE FROM {table} WHERE brand_id = :brand AND ctid = ANY(ARRAY("
                f"SELECT ctid FROM {table} WHERE brand_id = :brand LIMIT :most))"
            ),
            {"brand": brand_id, "most": STEP},
        )
        if gone.rowcount:
            await connection.execute(
                text(
                    "UPDATE departed_brand SET rows = rows || jsonb_build_object("
                    "CAST(:name AS text), coalesce(CAST(rows ->> :name AS bigint), 0) + :gone)"
                    " WHERE brand_id = :brand"
                ),
                {"brand": brand_id, "name": name, "gone": gone.rowcount},
            )
        return gone.rowcount
