"""The backlog of a brand: what was accepted and does not show in its numbers yet."""

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
    ) AS oversized_requests
"""


class Backlog(msgspec.Struct, frozen=True):
    """Nothing is pending where the first two are 0; then every accepted event shows."""

    pending_events: int
    pending_recomputes: int
    oldest_pending_seconds: int
    dead_letters: int
    oversized_requests: int


async def backlog(connection: AsyncConnection, brand_id: int) -> Backlog:
    """Count the queues of a brand."""
    rows = await connection.execute(text(BACKLOG), {"brand": brand_id})
    return Backlog(*(int(count) for count in rows.one()))
