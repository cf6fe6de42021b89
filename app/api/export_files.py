"""Files of exports: downloaded with a key, or for an hour by a signed link without one."""

from collections.abc import AsyncGenerator
from datetime import UTC, datetime
from typing import Annotated, Any, cast
from urllib.parse import quote, urlencode

import msgspec
from litestar import Request, Response, get, post, route
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.enums import HttpMethod
from litestar.params import FromPath, Parameter
from litestar.response import Stream

from app.api.answers import answer
from app.api.bodies import decode_body, json_body
from app.api.ranges import asked_range, http_date
from app.auth import charge
from app.core.db import transaction
from app.core.errors import Problem
from app.crm.audit import record
from app.crm.caller import Caller
from app.exports import files, links
from app.exports.files import Found
from app.exports.links import LASTS, Link
from app.exports.staging import StoreAway
from app.exports.store import Store


class LinkBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`file`: its name in the export's list of files."""

    file: Annotated[str, msgspec.Meta(min_length=1, max_length=500)]


class LinkAnswer(msgspec.Struct, frozen=True):
    """An address that gives the file to whoever has it, until `expires_at`."""

    url: str
    expires_at: datetime


async def _export_file(
    request: Request[Any, Any, Any],
    caller: NamedDependency[Caller],
    state: State,
    export_id: FromPath[str],
    name: FromPath[str],
) -> Response[bytes]:
    """The file as it is, or one range of its bytes.

    Of an export that writes phones out, files that name people need the scope pii:read as well.
    """
    async with transaction(state.pool, caller.brand_id) as connection:
        found = await files.find(connection, caller.brand_id, export_id, name.removeprefix("/"))
    _may_see(caller, found)
    return await _sent(request, state, caller.brand_id, caller.actor, found, by_link=False)


OF_FILE: dict[str, Any] = {
    "path": "/v1/exports/{export_id:str}/files/{name:path}",
    "opt": {"scope": "export", "problems": [410, 416]},
    "media_type": "application/octet-stream",
}
get_export_file = get(
    **OF_FILE,
    summary="Download a file of an export",
    operation_id="getExportFile",
    tags=["exports"],
)(_export_file)
# HEAD is as GET, without the bytes.
head_export_file = route(**OF_FILE, http_method=HttpMethod.HEAD, include_in_schema=False)(
    _export_file
)


@post(
    "/v1/exports/{export_id:str}/links",
    summary="Make a link to a file of an export",
    operation_id="linkExportFile",
    operation_class=json_body(LinkBody),
    tags=["exports"],
    opt={"scope": "export", "problems": [410]},
    status_code=201,
)
async def link_export_file(
    request: Request[Any, Any, Any],
    caller: NamedDependency[Caller],
    state: State,
    export_id: FromPath[str],
) -> Response[LinkAnswer]:
    """A link that works without a key for an hour; what it gives is audited as the maker's."""
    asked = await decode_body(request, LinkBody)
    brand_id, expires_at = caller.brand_id, datetime.now(UTC).replace(microsecond=0) + LASTS
    async with transaction(state.pool, brand_id) as connection:
        found = await files.find(connection, brand_id, export_id, asked.file)
        _may_see(caller, found)
        link = Link(brand_id, export_id, asked.file, caller.actor, expires_at)
        token = await links.sign(connection, link)
        detail = {"file": asked.file, "expires_at": expires_at.isoformat()}
        await record(connection, brand_id, caller.actor, "export.link", export_id, detail)
    base = state.public_url or str(request.base_url)
    url = f"{base.rstrip('/')}/v1/downloads?{urlencode({'token': token})}"
    return answer(LinkAnswer(url, expires_at), 201, {"Cache-Control": "no-store"})


async def _download(
    request: Request[Any, Any, Any],
    state: State,
    token: Annotated[str, Parameter(description="What the link was made with.")],
) -> Response[bytes]:
    """The file of a signed link, or one range of its bytes."""
    link, content, signature = links.claimed(token)
    async with transaction(state.pool, link.brand_id) as connection:
        await links.check(connection, link, content, signature, datetime.now(UTC))
        found = await files.find(connection, link.brand_id, link.export_id, link.file)
    await charge(request, state.key_rate, f"{link.brand_id}:{link.actor}")
    return await _sent(request, state, link.brand_id, link.actor, found, by_link=True)


OF_LINK: dict[str, Any] = {
    "path": "/v1/downloads",
    "opt": {"public": True, "problems": [400, 404, 410, 416, 429]},
    "media_type": "application/octet-stream",
}
get_download = get(
    **OF_LINK, summary="Download by a link", operation_id="getDownload", tags=["exports"]
)(_download)
head_download = route(**OF_LINK, http_method=HttpMethod.HEAD, include_in_schema=False)(_download)


def _may_see(caller: Caller, found: Found) -> None:
    if found.reveals and "pii:read" not in caller.scopes:
        raise Problem(403, "forbidden", "The file has phones in full: it needs the scope pii:read.")


async def _sent(
    request: Request[Any, Any, Any],
    state: State,
    brand_id: int,
    actor: str,
    found: Found,
    *,
    by_link: bool,
) -> Response[bytes]:
    """A file or a part of it, once its first bytes are there; audited before they go out."""
    file, etag, modified = found.file, f'"{found.file.sha256}"', http_date(found.finished_at)
    part = asked_range(request, file.bytes, etag, modified)
    start, end = part or (0, file.bytes)
    headers = {
        "Content-Type": file.media_type,
        "Content-Length": str(end - start),
        "Content-Disposition": _attachment(file.name),
        "ETag": etag,
        "Last-Modified": modified,
        "Accept-Ranges": "bytes",
        "Cache-Control": "private, no-store",
        "X-Content-Type-Options": "nosniff",
    }
    if part is not None:
        headers["Content-Range"] = f"bytes {start}-{end - 1}/{file.bytes}"
    status = 200 if part is None else 206
    parts = await _begun(state.store, found, start, end, head=request.method == "HEAD")
    if request.method == "HEAD":
        return Response(b"", status_code=status, headers=headers)
    try:
        async with transaction(state.pool, brand_id) as connection:
            detail: dict[str, Any] = {"file": file.name, "bytes": end - start, "by_link": by_link}
            if part is not None:
                detail["range"] = f"{start}-{end - 1}"
            await record(connection, brand_id, actor, "export.download", found.export_id, detail)
    except BaseException:
        await parts.aclose()
        raise
    sent = Stream(parts, status_code=status, headers=headers)
    return cast("Response[bytes]", sent)


async def _begun(
    store: Store, found: Found, start: int, end: int, *, head: bool
) -> AsyncGenerator[bytes, None]:
    """The parts of a file, of which the first was read: what goes wrong is known by then.

    Raises:
        Problem: 410 where the file is not there, or not as it was written; 503 where the store is
            away.
    """
    try:
        if await store.size(found.prefix, found.file.name) != found.file.bytes:
            raise files.gone(None)
        parts = store.stream(found.prefix, found.file.name, start, end)
        first = b"" if head else await anext(parts, b"")
    except FileNotFoundError:
        raise files.gone(None) from None
    except StoreAway:
        raise Problem(
            503,
            "storage_unavailable",
            "The files of exports cannot be reached now; send the same again later.",
            headers={"Retry-After": "5"},
        ) from None

    async def all_of_them() -> AsyncGenerator[bytes, None]:
        yield first
        async for each in parts:
            yield each

    return all_of_them()


def _attachment(name: str) -> str:
    """Content-Disposition (RFC 6266): a name of ASCII for old clients, and the real one."""
    last = name.rpartition("/")[2]
    plain = "".join(c if c.isascii() and (c.isalnum() or c in "._-") else "_" for c in last)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(last, safe='')}"
