"""The quick way of messages of which nothing was known, and that one event tells all of."""

from collections.abc import Sequence

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from app.core.columns import joined
from app.core.sql import sql
from app.projection.batch import Saying

_json = msgspec.json.Encoder()


async def put_new(connection: AsyncConnection, brand_id: int, new: Sequence[Saying]) -> None:
    """Insert messages of which none is stored; nobody else writes any while we have the lease."""
    data = [saying.sent for saying in new if saying.sent is not None]
    separator, nothing, columns = joined(
        [each.group_id for each in data],
        [each.message_id for each in data],
        [str(saying.stamp[0]) for saying in new],
        [each.member_id for each in data],
        [each.kind for each in data],
        [each.text for each in data],
        [each.reply_to for each in data],
        [None if each.card is None else _json.encode(each.card).decode() for each in data],
        # As `pack` does of what came at once.
        [f'{{"*":{_json.encode(saying.stamp).decode()}}}' for saying in new],
    )
    names = ("groups", "ids", "ats", "members", "kinds", "texts", "replies", "cards", "stamps")
    given = {"brand": brand_id, "separator": separator, "nothing": nothing}
    await connection.execute(
        sql("projection", "put_new_messages"), given | dict(zip(names, columns, strict=True))
    )
