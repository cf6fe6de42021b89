"""Frames of lists and segments."""

from pathlib import Path

from sqlalchemy.ext.asyncio import AsyncConnection

from app.crm import brands
from app.exports.asked import Run
from app.exports.frame import Frame


async def list_frames(
    connection: AsyncConnection, brand: brands.Brand, run: Run, folder: Path
) -> dict[str, Frame]:
    """The tables of a list or segment."""
    raise NotImplementedError
