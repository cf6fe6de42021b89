"""What a brand's rules are read under beside the facts, and a text that changes when it does."""

from datetime import UTC, datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from app.core.zone import zone_of
from app.crm.segments.condition import Clock

RULES = 1
"""Counts up when a condition means something else: then all members are counted anew."""


async def clock_of(connection: AsyncConnection, brand_id: int) -> Clock:
    """The clock of now."""
    zone = await zone_of(connection, brand_id)
    return Clock(brand_id=brand_id, zone=zone, day=datetime.now(UTC).astimezone(zone).date())


def told(clock: Clock) -> str:
    """The clock as it is stored beside a segment that was counted under it."""
    return f"{RULES} {clock.day} {clock.zone.key}"
