"""How a question is answered: as JSON or CSV, in a language, or that nothing has changed."""

import hashlib
import re
from collections import deque
from collections.abc import AsyncIterator, Iterator
from typing import Any, TypeVar, cast
from zoneinfo import ZoneInfo

import msgspec
from litestar import Request, Response
from litestar.response import Stream
from sqlalchemy.ext.asyncio import AsyncConnection

from app.api import spreadsheet
from app.api.answers import document
from app.api.negotiation import negotiated
from app.api.params import Lang
from app.metrics.catalog import labels
from app.metrics.caveats import caveats
from app.metrics.question import Answer, Scope
from app.metrics.table import table
from app.metrics.words import Language

JSON = "application/json"
OFFERED = (JSON, spreadsheet.MEDIA_TYPE)
AT_ONCE = 256 * 1024
"""Bytes of an answer that is sent as one."""

A = TypeVar("A", bound=Answer)
_tag = re.compile(r'(?:W/)?("[^"]*")')


class Reply(msgspec.Struct, frozen=True):
    """What the client asked of the answer's form, and which answer it has already."""

    media_type: str
    language: Language
    as_of_is_given: bool
    has: tuple[str, ...]

    async def told(self, connection: AsyncConnection, scope: Scope, found: A) -> A:
        """The answer with the labels of its columns and, in JSON, its caveats."""
        kind = getattr(found, "kind", None)
        said = labels(found.metric, kind, found.currency, self.language)
        # A table has no place for caveats, so none are looked for.
        doubts = (
            await caveats(connection, scope, found, self.language)
            if self.media_type == JSON
            else []
        )
        return msgspec.structs.replace(found, labels=said, caveats=doubts)

    def of(self, found: A) -> Response[A]:
        """The answer, or 304 where the client has it.

        The tag is weak: where `as_of` was left out it is now, and not part of what is hashed,
        so two answers of one tag may differ in it and in nothing else.
        """
        as_of = found.as_of if self.as_of_is_given else "now"
        digest = hashlib.sha256(f"{self.media_type} {self.language} {as_of}\n".encode())
        body: deque[bytes] = deque()
        for field, part in self._parts(found):
            if field != "as_of":
                digest.update(part)
            body.append(part)
        tag = f'"{digest.hexdigest()[:32]}"'
        headers = {"ETag": f"W/{tag}", "Vary": "Accept", "Cache-Control": "private, no-cache"}
        if "*" in self.has or tag in self.has:
            return cast("Response[A]", Response(None, status_code=304, headers=headers))
        headers["Content-Type"] = JSON
        if self.media_type == spreadsheet.MEDIA_TYPE:
            headers["Content-Type"] = spreadsheet.CONTENT_TYPE
            headers["Content-Disposition"] = f'attachment; filename="{_file_name(found)}"'
        return cast("Response[A]", _response(body, headers))

    def _parts(self, found: Answer) -> Iterator[tuple[str, bytes]]:
        if self.media_type == JSON:
            yield from document(found)
            return
        shown = table(found)
        header = [found.labels[column] for column in shown.columns]
        for part in spreadsheet.parts(shown, header, ZoneInfo(found.timezone)):
            yield "", part


def _file_name(found: Answer) -> str:
    """As repurchase-cohort-2026-10-01-2026-11-01.csv."""
    names = (found.metric, getattr(found, "kind", None), found.window.start, found.window.end)
    return f"{'-'.join(name for name in names if name)}.csv"


def _response(body: deque[bytes], headers: dict[str, str]) -> Response[Any]:
    length = sum(map(len, body))
    if length <= AT_ONCE:
        return Response(b"".join(body), headers=headers)

    async def sent() -> AsyncIterator[bytes]:
        # Each part is let go when it is sent, so a large answer is in memory once.
        while body:
            yield body.popleft()

    return Stream(sent(), headers=headers | {"Content-Length": str(length)})


async def provide_reply(request: Request[Any, Any, Any], lang: Lang = None) -> Reply:
    """Read what the client asks of the answer's form.

    Raises:
        NotAcceptable: where it takes neither JSON nor CSV.
    """
    known = ",".join(request.headers.getall("if-none-match", []))
    return Reply(
        media_type=negotiated(request.headers.getall("accept", []), OFFERED),
        language=lang or "zh-CN",
        as_of_is_given="as_of" in request.query_params,
        has=("*",) if known.strip() == "*" else tuple(_tag.findall(known)),
    )
