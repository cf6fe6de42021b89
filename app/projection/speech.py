"""When members last spoke: kept beside their messages, so that silence is cheap to ask for."""

from sqlalchemy.ext.asyncio import AsyncConnection

from app.core.sql import sql
from app.projection.attributes import Change, sent
from app.projection.batch import Key


async def put_speech(
    connection: AsyncConnection, brand_id: int, changes: dict[Key, Change]
) -> None:
    """Follow changed messages, which are written already.

    A message that was told of somebody else, or later, may have been that one's last: then all of
    the member's messages are asked.
    """
    said: list[tuple[str, object]] = []
    mend: set[str] = set()
    for change in changes.values():
        member_id, at = sent(change.after)
        before = sent(change.before)
        if before not in ((member_id, at), (None, None)) and before[0] is not None:
            mend.add(before[0])
        if member_id is not None and at is not None:
            said.append((member_id, at))
    if said:
        members, ats = (list(column) for column in zip(*said, strict=True))
        await connection.execute(
            sql("projection", "put_speech"), {"brand": brand_id, "members": members, "ats": ats}
        )
    if mend:
        await connection.execute(
            sql("projection", "mend_speech"), {"brand": brand_id, "members": sorted(mend)}
        )
