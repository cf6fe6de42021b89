"""Tables in partitions of a month (UTC) each: made ahead, and detached when their time is over.

The functions are the owner's (migrations/partitions.py), since workers own no table. What is
detached goes on as a plain table in the schema DETACHED, where a table with the name of the whole
has all of them as its children.
"""

from datetime import datetime
from typing import NamedTuple

import structlog
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from app.core.db import sqlstate, transaction

PARTITIONED = ("event", "message")
DETACHED = "hongqun_detached"

AHEAD = 3
"""So many months that are still to come have their partitions."""

COUNTED = 1_000_000
"""Rows in the default partition are counted up to here."""

LOCKED = "55P03"
"""The SQLSTATE of a lock that was waited for in vain."""

MAKE = text(
    "SELECT make_partition(CAST(CAST(:table AS text) AS regclass),"
    " CAST(:now AS timestamptz) + CAST(:n AS int) * interval '1 month')"
)
OLD = text(
    "SELECT CAST(part AS text) FROM partitions_of(CAST(CAST(:table AS text) AS regclass))"
    " WHERE NOT is_default"
    " AND ends <= CAST(:now AS timestamptz) - CAST(:months AS int) * interval '1 month'"
    " ORDER BY ends"
)
DETACH = text(
    "SELECT detach_partition(CAST(CAST(:table AS text) AS regclass),"
    " CAST(CAST(:part AS text) AS regclass))"
)
STATE = text(
    "SELECT count(*) FILTER (WHERE starts > CAST(:now AS timestamptz)) AS ahead,"
    " unforeseen_rows(CAST(CAST(:table AS text) AS regclass), :most) AS unforeseen"
    " FROM partitions_of(CAST(CAST(:table AS text) AS regclass))"
)

log = structlog.get_logger()


class State(NamedTuple):
    """How many partitions begin later than now, and how many rows no partition was made for."""

    ahead: int
    unforeseen: int


async def make_ahead(pool: AsyncEngine, table: str, now: datetime) -> int:
    """Make the partitions of this month and the next ones where they are lacking: how many."""
    made = 0
    for n in range(AHEAD + 1):
        async with transaction(pool) as connection:
            given = {"table": table, "now": now, "n": n}
            made += bool(await connection.scalar(MAKE, given))
    return made


async def detach_old(pool: AsyncEngine, table: str, months: int, now: datetime) -> list[str]:
    """Detach what ended so many months ago, the oldest first: the names of those that went.

    One that is still needed, or whose table is locked by somebody else, stays for the next time,
    and all that are later with it: from `messages_since` on there must be no hole.
    """
    async with transaction(pool) as connection:
        given = {"table": table, "now": now, "months": months}
        parts = (await connection.execute(OLD, given)).scalars().all()
    gone = []
    for part in parts:
        try:
            async with transaction(pool) as connection:
                if not await connection.scalar(DETACH, {"table": table, "part": part}):
                    break
        except DBAPIError as error:
            if sqlstate(error) != LOCKED:
                raise
            log.info("partition_in_use", table=table, part=part)
            break
        gone.append(part)
    return gone


async def state(pool: AsyncEngine, table: str, now: datetime) -> State:
    """How a table's partitions are."""
    async with transaction(pool) as connection:
        found = await connection.execute(STATE, {"table": table, "now": now, "most": COUNTED})
        row = found.one()
        return State(row.ahead, row.unforeseen)
