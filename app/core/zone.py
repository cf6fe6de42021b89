"""The time zone of a brand, for stages that need no other setting of it."""

from zoneinfo import ZoneInfo

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection


async def zone_of(connection: AsyncConnection, brand_id: int) -> ZoneInfo:
    """The brand's time zone of now."""
    name: str = (
        await connection.execute(
            text("SELECT timezone FROM brand WHERE brand_id = :brand"), {"brand": brand_id}
        )
    ).scalar_one()
    return ZoneInfo(name)
