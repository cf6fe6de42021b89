"""The log of an endpoint: what was sent to it, each try, and sending it once more."""

from datetime import datetime
from typing import Any, Literal

import msgspec
from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.core.errors import NotFound
from app.core.sql import sql

State = Literal["pending", "delivered", "failed", "stopped"]

TRIES = 20
"""So many of the last tries of a message are told."""

DAYS = 90
"""How long messages are kept, with their log."""

STEP = 1_000


class Try(msgspec.Struct, frozen=True, kw_only=True):
    """One try; `code` is null while it is under way. `answer` begins what the receiver said."""

    n: int
    at: datetime
    code: str | None
    status: int | None
    took_ms: int | None
    detail: str | None
    answer: str | None


class Delivery(msgspec.Struct, frozen=True, kw_only=True):
    """A message and what became of it; `body` is the text that is signed and sent.

    `message_id` is the webhook-id. `next_at` is when it is tried again; `tries`, the last first.
    """

    message_id: str
    type: str
    state: State
    attempts: int
    created_at: datetime
    next_at: datetime | None
    ended_at: datetime | None
    body: str
    tries: list[Try]


async def page(
    connection: AsyncConnection,
    brand_id: int,
    endpoint_id: str,
    state: State | None,
    most: int,
    after: tuple[datetime, str] | None,
) -> list[Delivery]:
    """Deliveries of an endpoint, newest first."""
    at, message_id = after or (None, None)
    rows = await connection.execute(
        sql("outbound", "log"),
        {
            "brand": brand_id,
            "endpoint": endpoint_id,
            "message": None,
            "state": state,
            "most": most,
            "at": at,
            "after": message_id,
            "tries": TRIES,
        },
    )
    return [_read(row) for row in rows]


async def find(
    connection: AsyncConnection, brand_id: int, endpoint_id: str, message_id: str
) -> Delivery:
    """One delivery.

    Raises:
        NotFound: where there is none.
    """
    rows = await connection.execute(
        sql("outbound", "log"),
        {
            "brand": brand_id,
            "endpoint": endpoint_id,
            "message": message_id,
            **dict.fromkeys(("state", "at", "after")),
            "most": 1,
            "tries": TRIES,
        },
    )
    row = rows.one_or_none()
    if row is None:
        raise NotFound("delivery")
    return _read(row)


async def replay(
    connection: AsyncConnection, brand_id: int, endpoint_id: str, message_id: str
) -> None:
    """Send a message again, by its old id, with all tries; the caller holds the endpoint.

    Raises:
        NotFound: where it was never meant for the endpoint, or is not kept any more.
    """
    updated = await connection.execute(
        text(
            "UPDATE webhook_delivery SET state = 'pending', step = 0, next_at = clock_timestamp(),"
            " ended_at = NULL"
            " WHERE brand_id = :brand AND endpoint_id = :endpoint AND message_id = :message"
        ),
        {"brand": brand_id, "endpoint": endpoint_id, "message": message_id},
    )
    if not updated.rowcount:
        raise NotFound("delivery")


async def forget(connection: AsyncConnection, brand_id: int) -> bool:
    """Delete some of what is older than DAYS; whether there may be more."""
    given = {"brand": brand_id}
    rows = await connection.execute(
        text(
            "SELECT message_id FROM webhook_message WHERE brand_id = :brand"
            " AND created_at < now() - make_interval(days => :days)"
            " ORDER BY created_at, message_id LIMIT :most"
        ),
        given | {"days": DAYS, "most": STEP},
    )
    old = [row.message_id for row in rows]
    if old:
        for table in ("webhook_attempt", "webhook_delivery", "webhook_message"):
            await connection.execute(
                text(
                    f"DELETE FROM {table} WHERE brand_id = :brand"
                    " AND message_id = ANY (CAST(:old AS text[]))"
                ),
                given | {"old": old},
            )
    return len(old) == STEP


def _read(row: Row[Any]) -> Delivery:
    return Delivery(
        message_id=row.message_id,
        type=row.type,
        state=row.state,
        attempts=row.attempts,
        created_at=row.created_at,
        next_at=row.next_at,
        ended_at=row.ended_at,
        body=bytes(row.body).decode(),
        tries=msgspec.convert(row.tries, list[Try]),
    )
