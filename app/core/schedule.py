"""Schedules: when each brand's jobs are due. Whoever holds the lock on its row does a job.

The lock lasts as long as a transaction does, so a job goes on in small ones, and a worker that
dies leaves nothing behind. What fell due while no worker ran is due still.
"""

from datetime import datetime

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection


class Turn(msgspec.Struct, frozen=True):
    """A job that this transaction has in hand; `timezone` is the brand's when it was last done."""

    next_due_at: datetime
    timezone: str | None


async def enter(connection: AsyncConnection, job: str) -> None:
    """Give every brand that has none a row for the job, due at once."""
    await connection.execute(
        text(
            "INSERT INTO schedule (brand_id, job) SELECT b.brand_id, :job FROM work_lease AS b"
            " WHERE NOT EXISTS (SELECT FROM schedule AS s"
            "  WHERE s.brand_id = b.brand_id AND s.job = :job) ON CONFLICT DO NOTHING"
        ),
        {"job": job},
    )


async def at_once(connection: AsyncConnection, brand_id: int, job: str) -> None:
    """Have a brand's turn come as soon as a worker looks."""
    await connection.execute(
        text(
            "INSERT INTO schedule (brand_id, job) VALUES (:brand, :job)"
            " ON CONFLICT (brand_id, job) DO UPDATE SET next_due_at = now()"
        ),
        {"brand": brand_id, "job": job},
    )


async def due(connection: AsyncConnection, job: str) -> list[int]:
    """The brands whose job is due, the longest overdue first."""
    rows = await connection.execute(
        text(
            "SELECT brand_id FROM schedule WHERE job = :job AND next_due_at <= now()"
            " ORDER BY next_due_at, brand_id"
        ),
        {"job": job},
    )
    return [row.brand_id for row in rows]


async def hold(connection: AsyncConnection, brand_id: int, job: str) -> Turn | None:
    """Take a brand's job in hand for this transaction; None where somebody else has it."""
    await connection.execute(
        text(
            "INSERT INTO schedule (brand_id, job) SELECT :brand, :job WHERE NOT EXISTS"
            " (SELECT FROM schedule WHERE brand_id = :brand AND job = :job) ON CONFLICT DO NOTHING"
        ),
        {"brand": brand_id, "job": job},
    )
    found = await connection.execute(
        text(
            "SELECT next_due_at, timezone FROM schedule"
            " WHERE brand_id = :brand AND job = :job FOR UPDATE SKIP LOCKED"
        ),
        {"brand": brand_id, "job": job},
    )
    row = found.one_or_none()
    return None if row is None else Turn(row.next_due_at, row.timezone)


async def put(
    connection: AsyncConnection,
    brand_id: int,
    job: str,
    next_due_at: datetime,
    timezone: str | None,
) -> None:
    """Say when the job is due next; the caller holds it."""
    await connection.execute(
        text(
            "UPDATE schedule SET next_due_at = :due, timezone = :timezone, last_done_at = now()"
            " WHERE brand_id = :brand AND job = :job"
        ),
        {"brand": brand_id, "job": job, "due": next_due_at, "timezone": timezone},
    )


async def look_again(connection: AsyncConnection, brand_id: int, job: str) -> None:
    """Have a brand's job be due at once: when it is due next may be another time now."""
    await connection.execute(
        text("UPDATE schedule SET next_due_at = now() WHERE brand_id = :brand AND job = :job"),
        {"brand": brand_id, "job": job},
    )
