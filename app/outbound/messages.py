"""Stand-in."""

from typing import Any, Literal

from sqlalchemy.ext.asyncio import AsyncConnection

EventType = Literal["export.ready", "export.revised", "metric.alarm", "webhook.test"]


async def tell(
    connection: AsyncConnection, brand_id: int, message_id: str, type: EventType, data: Any
) -> None:
    """Stand-in."""
