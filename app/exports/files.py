"""Files of one export as its row knows them, and why one of them is not there any more."""

from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.core.errors import NotFound, Problem
from app.exports.asked import Asked
from app.exports.manifest import File
from app.ingest.text import storable

GONE = {
    "expired": "The files of this export were kept as long as the brand's setting says.",
    "erased": "The file named somebody who was erased since.",
}


class Found(msgspec.Struct, frozen=True):
    """A file that can be read: of which export, where it lies, and since when."""

    export_id: str
    prefix: str
    file: File
    reveals: bool
    finished_at: datetime


async def find(connection: AsyncConnection, brand_id: int, export_id: str, name: str) -> Found:
    """A file of an export by its name in the manifest.

    Raises:
        NotFound: where there is no such export or file, or it is not written yet.
        Problem: 410 where it was removed; the code says why.
    """
    if not storable(export_id):
        raise NotFound("export")
    rows = await connection.execute(
        text(
            "SELECT asked, state, finished_at, prefix, manifest, removed_at, removed_why"
            " FROM export WHERE brand_id = :brand AND export_id = :export"
        ),
        {"brand": brand_id, "export": export_id},
    )
    row = rows.one_or_none()
    if row is None:
        raise NotFound("export")
    files = () if row.state != "done" or row.manifest is None else files_of(row.manifest)
    file = next((each for each in files if each.name == name), None)
    if file is None:
        raise NotFound("file")
    if row.removed_at is not None or file.removed_why is not None:
        raise gone(file.removed_why or row.removed_why)
    asked = msgspec.convert(row.asked, Asked)
    return Found(export_id, row.prefix, file, asked.reveal and file.people, row.finished_at)


def files_of(manifest: dict[str, Any]) -> list[File]:
    """The files that the manifest in a row tells of."""
    return msgspec.convert(manifest["files"], list[File])


def gone(why: str | None) -> Problem:
    """The answer where a file was removed."""
    code = why if why in GONE else "missing"
    return Problem(410, code, GONE.get(code, "The file is not there any more."))
