"""The backlog of a brand: what was accepted and does not show in its numbers yet."""

from datetime import datetime

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

BACKLOG = """
SELECT
    (SELECT count(*) FROM pending_event WHERE brand_id = :brand) AS pending_events,
    (SELECT count(*) FROM dirty_customer WHERE brand_id = :brand)
    + (SELECT count(*) FROM dirty_sum WHERE brand_id = :brand)
    + (SELECT count(*) FROM dirty_brand WHERE brand_id = :brand) AS pending_recomputes,
    CAST(greatest(0, extract(EPOCH FROM now() - least(
        (
            SELECT min(e.received_at) FROM event AS e
            WHERE e.brand_id = :brand AND e.event_no = (
                SELECT min(event_no) FROM pending_event WHERE brand_id = :brand
            )
        ),
        (SELECT min(since) FROM dirty_customer WHERE brand_id = :brand),
        (SELECT min(since) FROM dirty_sum WHERE brand_id = :brand),
        (SELECT min(since) FROM dirty_brand WHERE brand_id = :brand)
    ))) AS bigint) AS oldest_pending_seconds,
    (SELECT count(*) FROM dead_letter WHERE brand_id = :brand) AS dead_letters,
    (
        SELECT coalesce(sum(seen), 0) FROM oversized_intake WHERE brand_id = :brand
    ) AS oversized_requests,
    last.ran_at AS verified_at, last.differences AS verify_differences
FROM (SELECT 1) AS once
LEFT JOIN LATERAL (
    SELECT ran_at, differences FROM verification
    WHERE brand_id = :brand ORDER BY ran_at DESC LIMIT 1
) AS last ON true
"""


class Backlog(msgspec.Struct, frozen=True):
    """Nothing is pending where the first two are 0; then every accepted event shows.

    The last two are about the last nightly check, null before the first: when it was, and how many
    derived rows it found wrong.
    """

    pending_events: int
    pending_recomputes: int
    oldest_pending_seconds: int
    dead_letters: int
    oversized_requests: int
    verified_at: datetime | None
    verify_differences: int | None


async def backlog(connection: AsyncConnection, brand_id: int) -> Backlog:
    """Count the queues of a brand."""
    rows = await connection.execute(text(BACKLOG), {"brand": brand_id})
    row = rows.one()
    return Backlog(
        pending_events=row.pending_events,
        pending_recomputes=row.pending_recomputes,
        oldest_pending_seconds=row.oldest_pending_seconds,
        dead_letters=row.dead_letters,
        oversized_requests=int(row.oversized_requests),
        verified_at=row.verified_at,
        verify_differences=row.verify_differences,
    )
