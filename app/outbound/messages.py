"""Telling: a message is written with what it tells of, in one transaction, and sent by a worker."""

import re
from datetime import datetime
from typing import Any, Literal, get_args

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.core.sql import sql

Subscribed = Literal["export.ready", "export.revised", "metric.alarm"]
EventType = Literal["export.ready", "export.revised", "metric.alarm", "webhook.test"]
TYPES: tuple[Subscribed, ...] = get_args(Subscribed)
"""What an endpoint can ask for; a test comes to whom it is meant for."""

_id = re.compile(r"[A-Za-z0-9_-]{1,200}", re.ASCII)
_encoder = msgspec.json.Encoder(decimal_format="number")


class Body(msgspec.Struct, frozen=True):
    """What is sent, as Standard Webhooks recommends it."""

    type: EventType
    timestamp: datetime
    data: Any


async def tell(
    connection: AsyncConnection, brand_id: int, message_id: str, type: EventType, data: Any
) -> None:
    """Tell every endpoint of the brand that listens to the type; the caller commits.

    Nothing is written where none listens, nor where the message was told before.

    message_id: letters, digits, `_` and `-`; by it receivers know that a message came twice.
    """
    await _put(connection, brand_id, message_id, type, data, None)


async def tell_one(
    connection: AsyncConnection,
    brand_id: int,
    endpoint_id: str,
    message_id: str,
    type: EventType,
    data: Any,
) -> None:
    """Tell one endpoint, whatever it listens to."""
    await _put(connection, brand_id, message_id, type, data, endpoint_id)


async def _put(
    connection: AsyncConnection,
    brand_id: int,
    message_id: str,
    type: EventType,
    data: Any,
    endpoint_id: str | None,
) -> None:
    # A full stop would make what is signed, <id>.<time>.<body>, read in two ways.
    if not _id.fullmatch(message_id):
        raise ValueError(f"not the id of a message: {message_id!r}")
    # Whoever switches an endpoint off waits, and then stops this delivery too.
    found = await connection.execute(
        text(
            "SELECT endpoint_id, now() AS now FROM webhook_endpoint"
            " WHERE brand_id = :brand AND off_at IS NULL AND CASE"
            "  WHEN CAST(:endpoint AS text) IS NULL THEN :type = ANY (types)"
            "  ELSE endpoint_id = :endpoint END"
            " ORDER BY endpoint_id FOR SHARE"
        ),
        {"brand": brand_id, "type": type, "endpoint": endpoint_id},
    )
    listening = found.all()
    if not listening:
        return
    await connection.execute(
        sql("outbound", "put"),
        {
            "brand": brand_id,
            "message": message_id,
            "type": type,
            "body": _encoder.encode(Body(type, listening[0].now, data)),
            "endpoints": [row.endpoint_id for row in listening],
        },
    )
