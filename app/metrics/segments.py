"""A segment as a filter of questions: its customers of now, or everybody else."""

from datetime import datetime
from typing import Any, Literal

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

Side = Literal["in", "out"]


class Picked(msgspec.Struct, frozen=True):
    """The segment that an answer is about; `members` were in it at `refreshed_at`.

    side: in, its members; out, everybody else. Of a segment that there is not the answer is empty.
    """

    segment_id: str
    side: Side
    name: str | None
    refreshed_at: datetime | None
    members: int | None

    @property
    def parameters(self) -> dict[str, Any]:
        """As the parameters of statements; with `inside` null they find nobody."""
        inside = None if self.name is None else self.side == "in"
        return {"segment_id": self.segment_id, "inside": inside}


NOBODY_PICKED: dict[str, Any] = {"segment_id": None, "inside": None}
"""The parameters where no segment is asked for: they find everybody."""


async def picked(connection: AsyncConnection, brand_id: int, segment_id: str, side: Side) -> Picked:
    """Look a segment up."""
    found = await connection.execute(
        text(
            "SELECT name, refreshed_at, members FROM segment"
            " WHERE brand_id = :brand AND segment_id = :segment"
        ),
        {"brand": brand_id, "segment": segment_id},
    )
    row = found.one_or_none()
    return Picked(segment_id, side, *(row or (None, None, None)))
