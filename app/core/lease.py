"""Leases: one worker at a time has a brand's queues in hand.

A lease is a row: while a transaction of its holder is open the row lock is the lease, and between
two of them `leased_until` is. A holder that dies loses both within GRACE_SECONDS.
"""

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from app.core.db import transaction

GRACE_SECONDS = 4
"""Together with the longest sweep, 5 seconds by default, less than 10 until another goes on."""

MOST_CRASHES = 100

SOON = "set_config('synchronous_commit', 'off', true)"
"""Told in a transaction: its commit does not wait for the disk. What a crash of the server takes
away of a holder's work is due again with it, since queues are taken from in the same transaction.
Whoever tells of it elsewhere commits for good first, and with that all before it. What is counted
of crashes is for good.
"""


class Due(msgspec.Struct, frozen=True):
    """Which of a brand's queues have something due."""

    settings: bool
    events: bool
    customers: bool
    sums: bool

    def __bool__(self) -> bool:
        return self.settings or self.events or self.customers or self.sums


class LeaseLost(Exception):
    """Another worker has taken the brand over; this one must drop what it has in hand."""


async def brands_with_work(pool: AsyncEngine) -> list[int]:
    """The brands that have something due and that nobody holds, longest unserved first."""
    async with transaction(pool) as connection:
        rows = await connection.execute(
            text(
                # A look-up for each: of EXISTS the planner makes a join that reads all that waits.
                "SELECT l.brand_id FROM work_lease AS l"
                " WHERE l.leased_until < now() AND coalesce("
                "  (SELECT true FROM pending_event AS p"
                "   WHERE p.brand_id = l.brand_id AND p.next_attempt_at <= now() LIMIT 1),"
                "  (SELECT true FROM dirty_customer AS d"
                "   WHERE d.brand_id = l.brand_id AND d.since <= now() LIMIT 1),"
                "  (SELECT true FROM dirty_sum AS s"
                "   WHERE s.brand_id = l.brand_id AND s.since <= now() LIMIT 1),"
                "  EXISTS (SELECT FROM dirty_brand AS b WHERE b.brand_id = l.brand_id)"
                " ) ORDER BY l.served_at"
            )
        )
        return [row.brand_id for row in rows]


async def due(pool: AsyncEngine, brand_id: int) -> Due:
    """Look at a brand's queues; locks nothing and writes nothing."""
    async with transaction(pool, brand_id) as connection:
        found = await connection.execute(
            text(
                "SELECT EXISTS (SELECT FROM dirty_brand WHERE brand_id = :brand) AS settings,"
                " (SELECT true FROM pending_event"
                "  WHERE brand_id = :brand AND next_attempt_at <= now() LIMIT 1) AS events,"
                " (SELECT true FROM dirty_customer"
                "  WHERE brand_id = :brand AND since <= now() LIMIT 1) AS customers,"
                " (SELECT true FROM dirty_sum"
                "  WHERE brand_id = :brand AND since <= now() LIMIT 1) AS sums"
            ),
            {"brand": brand_id},
        )
        return Due(*map(bool, found.one()))


async def take(pool: AsyncEngine, brand_id: int, holder: str) -> int | None:
    """Take a brand's lease: how many of its holders in a row vanished, None where it is held."""
    async with transaction(pool, brand_id) as connection:
        found = await connection.execute(
            text(
                "SELECT holder, crashes FROM work_lease"
                " WHERE brand_id = :brand AND leased_until < now() FOR UPDATE SKIP LOCKED"
            ),
            {"brand": brand_id},
        )
        row = found.one_or_none()
        if row is None:
            return None
        vanished = row.holder is not None
        crashes: int = min(row.crashes + vanished, MOST_CRASHES)
        await connection.execute(
            text(
                "UPDATE work_lease SET holder = :holder, crashes = :crashes,"
                " leased_until = now() + make_interval(secs => :grace) WHERE brand_id = :brand"
                + ("" if vanished else f" RETURNING {SOON}")
            ),
            {"brand": brand_id, "holder": holder, "crashes": crashes, "grace": GRACE_SECONDS},
        )
        return crashes


async def fence(connection: AsyncConnection, brand_id: int, holder: str) -> None:
    """Lock the lease for this transaction.

    Raises:
        LeaseLost: where another worker holds it.
    """
    updated = await connection.execute(
        text(
            "UPDATE work_lease"
            " SET leased_until = clock_timestamp() + make_interval(secs => :grace)"
            " WHERE brand_id = :brand AND holder = :holder"
            f" RETURNING {SOON}"
        ),
        {"brand": brand_id, "holder": holder, "grace": GRACE_SECONDS},
    )
    if updated.one_or_none() is None:
        raise LeaseLost(f"brand {brand_id}")


async def release(pool: AsyncEngine, brand_id: int, holder: str) -> None:
    """Give the lease back; the brand goes to the end of the line."""
    async with transaction(pool, brand_id) as connection:
        await connection.execute(
            text(
                "UPDATE work_lease SET holder = NULL, crashes = 0, leased_until = now(),"
                " served_at = clock_timestamp() WHERE brand_id = :brand AND holder = :holder"
                f" RETURNING {SOON}"
            ),
            {"brand": brand_id, "holder": holder},
        )


async def hold(connection: AsyncConnection, brand_id: int) -> None:
    """Wait for the worker that has a brand in hand, and keep workers off it until the commit."""
    await connection.execute(
        text("SELECT 1 FROM work_lease WHERE brand_id = :brand FOR UPDATE"), {"brand": brand_id}
    )
