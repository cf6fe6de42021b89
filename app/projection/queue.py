"""The queue of pending events: attempts that are counted, and putting off the one that failed."""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

MOST_ATTEMPTS = 5
BACKOFF_SECONDS = (1, 5, 15, 60)


async def postpone(
    connection: AsyncConnection, brand_id: int, event_no: int, attempts: int, reason: str
) -> None:
    """Put an event off after a failed attempt."""
    await connection.execute(
        text(
            "UPDATE pending_event SET attempts = :attempts, last_error = :reason,"
            " next_attempt_at = now() + make_interval(secs => :seconds)"
            " WHERE brand_id = :brand AND event_no = :event_no"
        ),
        {
            "brand": brand_id,
            "event_no": event_no,
            "attempts": attempts,
            "reason": reason,
            "seconds": BACKOFF_SECONDS[min(attempts, len(BACKOFF_SECONDS)) - 1],
        },
    )


async def count_attempt(connection: AsyncConnection, brand_id: int) -> tuple[int, int] | None:
    """Count an attempt that is about to be made of the oldest event that is due.

    Gives its number and how many attempts there were before.
    """
    found = await connection.execute(
        text(
            "UPDATE pending_event SET attempts = attempts + 1"
            " WHERE brand_id = :brand AND event_no = ("
            "  SELECT event_no FROM pending_event"
            "  WHERE brand_id = :brand AND next_attempt_at <= now() ORDER BY event_no LIMIT 1)"
            " RETURNING event_no, attempts - 1"
        ),
        {"brand": brand_id},
    )
    row = found.one_or_none()
    return None if row is None else (row[0], row[1])
