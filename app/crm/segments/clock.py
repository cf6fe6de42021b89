"""What a brand's rules are read under beside the facts, and a text that changes when it does."""

from collections.abc import Collection
from datetime import UTC, datetime

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from app.core.zone import zone_of
from app.crm.segments.condition import Clock
from app.metrics import lifecycle, rfm

RULES = 1
"""Counts up when a condition means something else: then all members are counted anew."""


async def clock_of(connection: AsyncConnection, brand_id: int) -> Clock:
    """The clock of now."""
    zone = await zone_of(connection, brand_id)
    clock = Clock(brand_id=brand_id, zone=zone, day=datetime.now(UTC).astimezone(zone).date())
    return msgspec.structs.replace(
        clock,
        cuts=await rfm.cuts_of(connection, brand_id, clock.starts_at),
        days=await lifecycle.days_of(connection, brand_id),
    )


def told(clock: Clock, reads: Collection[str]) -> str:
    """The clock as it is stored beside a segment that was counted under it, as far as it reads."""
    said = [str(RULES), clock.day.isoformat(), clock.zone.key]
    if "rfm" in reads:
        said += [str(clock.cuts.of(measure)) for measure in rfm.MEASURES]
    if "lifecycle" in reads:
        said.append(str(clock.days))
    return " ".join(said)
