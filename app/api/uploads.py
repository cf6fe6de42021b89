"""Files in: streamed into the database piece by piece, never whole in memory."""

from dataclasses import dataclass
from typing import Any

from litestar import Request
from litestar.openapi.spec import OpenAPIMediaType, Operation, RequestBody, Schema
from sqlalchemy.ext.asyncio import AsyncEngine

from app.api.bodies import DRAINED, media_type
from app.core.db import transaction
from app.core.errors import Problem
from app.crm.caller import Caller
from app.sheets import imports
from app.sheets.asked import Asked, FileFormat

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
FORMATS: dict[str, FileFormat] = {"text/csv": "csv", XLSX: "xlsx"}
PIECE = 1_048_576


@dataclass
class FileOperation(Operation):
    """Documents the body."""

    def __post_init__(self) -> None:
        # Bytes of any kind: a JSON type would say that some are not.
        binary = Schema(content_media_type="application/octet-stream")
        self.request_body = RequestBody(
            description="The file as it is, up to 200 MiB unless the installation says otherwise.",
            required=True,
            content={kind: OpenAPIMediaType(schema=binary) for kind in FORMATS},
        )


def format_of(request: Request[Any, Any, Any]) -> FileFormat:
    """The format that the request says its body has.

    Raises:
        Problem: 415.
    """
    found = FORMATS.get(media_type(request))
    if found is None or request.headers.get("content-encoding", "identity") != "identity":
        raise Problem(
            415,
            "unsupported_media_type",
            f"Send the file as it is, as text/csv or {XLSX}, without Content-Encoding.",
        )
    return found


async def upload(
    request: Request[Any, Any, Any],
    pool: AsyncEngine,
    caller: Caller,
    asked: Asked,
    name: str | None,
    most: int,
) -> str:
    """Store the body as the file of a new import; gives the id of the import.

    Raises:
        Problem: 413 where the file is too large, 422 where it is empty.
    """
    brand_id = caller.brand_id
    async with transaction(pool, brand_id) as connection:
        import_id = await imports.begin(connection, brand_id, asked, name, caller.actor)
    try:
        size = await _store(request, pool, brand_id, import_id, most)
        if size > most:
            raise Problem(413, "too_large", f"A file may have at most {most} bytes.")
        if size == 0:
            raise Problem(422, "empty", "The body is empty: send the file as it is.")
    except BaseException:
        async with transaction(pool, brand_id) as connection:
            await imports.forget(connection, brand_id, import_id)
        raise
    return import_id


async def _store(
    request: Request[Any, Any, Any], pool: AsyncEngine, brand_id: int, import_id: str, most: int
) -> int:
    """Store the body up to its limit; gives its size, or one above the limit."""
    waiting = bytearray()
    size = n = 0
    declared = request.headers.get("content-length", "")
    if declared.isdigit() and int(declared) > most:
        size = int(declared)
    kept = size == 0
    dropped = 0
    async for part in request.stream():
        if not kept or size + len(part) > most:
            kept = False
            size = max(size, most + 1)
            dropped += len(part)
            if dropped > DRAINED:
                break
            continue
        size += len(part)
        waiting += part
        if len(waiting) >= PIECE:
            await _add(pool, brand_id, import_id, n, waiting)
            n += 1
    if kept and waiting:
        await _add(pool, brand_id, import_id, n, waiting)
    return size


async def _add(
    pool: AsyncEngine, brand_id: int, import_id: str, n: int, waiting: bytearray
) -> None:
    async with transaction(pool, brand_id) as connection:
        await imports.add(connection, brand_id, import_id, n, bytes(waiting))
    waiting.clear()
