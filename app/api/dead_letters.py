"""Dead letters: what was rejected, and trying it again, as it is or corrected."""

from datetime import UTC, datetime
from typing import Annotated, Any

import msgspec
from litestar import Request, Response, get, post
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.params import FromPath, Parameter

from app.api.answers import answer
from app.api.bodies import decode_body, json_body
from app.api.intake import refused
from app.core.db import transaction
from app.core.errors import BadParameter, NotFound
from app.core.phone import hidden
from app.crm import brands
from app.crm.caller import Caller
from app.ingest import dead_letters
from app.ingest.body import MOST_BYTES
from app.ingest.decode import Sender
from app.ingest.inbox import Receipt, take_in_again


class DeadLetterPage(msgspec.Struct, frozen=True):
    """Dead letters, newest first; `next` is the cursor of the following page."""

    items: list[dead_letters.DeadLetter]
    next: str | None


class RetryBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`event`: the corrected event, not looked into; null where the stored text is tried."""

    event: msgspec.Raw = msgspec.Raw(b"null")


class RetryDocs(msgspec.Struct, frozen=True):
    """`event`: the corrected event; left out, the stored text is tried as it is."""

    event: dict[str, Any] | None = None


@get(
    "/v1/dead-letters",
    summary="List dead letters",
    operation_id="listDeadLetters",
    tags=["events"],
    opt={"scope": "read"},
)
async def list_dead_letters(
    caller: NamedDependency[Caller],
    state: State,
    limit: Annotated[int, Parameter(ge=1, le=200, description="Rows a page.")] = 50,
    cursor: Annotated[str | None, Parameter(description="`next` of the page before.")] = None,
    code: Annotated[str | None, Parameter(description="Only those of this code.")] = None,
) -> Response[DeadLetterPage]:
    """List the rejected texts of the brand with their reasons, newest first.

    Phones in them are masked unless the key has pii:read.
    """
    if cursor is not None and not (cursor.isascii() and cursor.isdigit() and len(cursor) < 19):
        raise BadParameter("cursor", "is not one of ours")
    async with transaction(state.pool, caller.brand_id) as connection:
        before = int(cursor) if cursor is not None else None
        letters = await dead_letters.page(connection, caller.brand_id, limit + 1, before, code)
    items = letters[:limit]
    if "pii:read" not in caller.scopes:
        items = [msgspec.structs.replace(each, raw=hidden(each.raw)) for each in items]
    return answer(DeadLetterPage(items, items[-1].id if len(letters) > limit else None))


@post(
    "/v1/dead-letters/{dead_letter_id:str}/retry",
    summary="Try a dead letter again",
    operation_id="retryDeadLetter",
    operation_class=json_body(RetryDocs, required=False),
    tags=["events"],
    opt={"scope": "write"},
    status_code=202,
)
async def retry_dead_letter(
    request: Request[Any, Any, Any],
    caller: NamedDependency[Caller],
    state: State,
    dead_letter_id: FromPath[str],
) -> Response[Receipt]:
    """Take the text in again, as it is or corrected; once accepted the dead letter goes."""
    asked = await decode_body(request, RetryBody, MOST_BYTES, empty=RetryBody())
    corrected = bytes(asked.event) if bytes(asked.event) != b"null" else None
    if not (dead_letter_id.isascii() and dead_letter_id.isdigit() and len(dead_letter_id) < 19):
        raise NotFound("dead letter")
    async with transaction(state.pool, caller.brand_id) as connection:
        letter = await dead_letters.lock(connection, caller.brand_id, int(dead_letter_id))
        if letter is None:
            raise NotFound("dead letter")
        brand = await brands.get(connection, caller.brand_id)
        sender = Sender(letter.source, brand.currency, letter.fallback_id)
        receipt = await take_in_again(
            connection, caller.brand_id, letter, sender, corrected, datetime.now(UTC)
        )
    state.waker.wake()
    if receipt.rejected:
        raise refused(receipt)
    return answer(receipt, 202)
