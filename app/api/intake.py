"""Events in: the signed webhook, and the same bodies from a trusted server with an API key."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import msgspec
from litestar import Request, Response, post
from litestar.datastructures import State
from litestar.params import FromPath
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from app.api.answers import answer
from app.api.bodies import media_type, read_body
from app.api.intake_docs import EventsOperation, WebhookOperation
from app.auth import authenticate, charge, key_shown, unauthenticated
from app.core.db import transaction
from app.core.errors import Problem
from app.crm.senders import Senders
from app.crm.sources import Source, is_live
from app.ingest import body as bodies
from app.ingest.dead_letters import DeadText, count_oversized, keep
from app.ingest.decode import Sender
from app.ingest.group_commit import Busy, GroupCommit, Outdated
from app.ingest.inbox import Receipt, read_all
from app.ingest.lanes import Reading
from app.ingest.signature import refusal
from app.ingest.text import NotJson
from app.telemetry import traces
from app.telemetry.numbers import DEAD_LETTERS, count_intake

READ_SECONDS = 30
"""How long a sender may take to send a request."""

ATTEMPTS = 3
"""How often a request is read by what its sender has become meanwhile."""


@post(
    "/v1/webhooks/{source_id:str}",
    summary="Post events of a source, signed",
    operation_id="postWebhook",
    operation_class=WebhookOperation,
    tags=["events"],
    opt={"public": True, "problems": [401, 408, 429]},
    status_code=202,
)
async def post_webhook(
    request: Request[Any, Any, Any], source_id: FromPath[str], state: State
) -> Response[Receipt]:
    """Take in events signed by a source's secret; a 2xx is given only after the commit."""
    senders: Senders = state.senders
    source = await senders.source(source_id)
    await _check_room(request, state, source.brand_id)
    raw, kind = await _read(request, state, source)
    if _forged(request, source, raw):
        # What is remembered may be out of date; that of now decides.
        source = await senders.source(source_id, anew=True)
        if (reason := _forged(request, source, raw)) is not None:
            raise Problem(401, "bad_signature", f"Not authentic: {reason}.")
    await charge(request, state.source_rate, source.source_id)
    for _ in range(ATTEMPTS):
        try:
            return await _take_in(request, state, source, raw, kind)
        except Outdated:
            source = await senders.source(source_id, anew=True)
        if (reason := _forged(request, source, raw)) is not None:
            raise Problem(401, "bad_signature", f"Not authentic: {reason}.")
    raise _busy()


@post(
    "/v1/events",
    summary="Post events from a trusted server",
    operation_id="postEvents",
    operation_class=EventsOperation,
    tags=["events"],
    # The key is looked at in the handler, since 413 and 415 come before 401.
    opt={"public": True, "scope": "events:write", "problems": [408]},
    status_code=202,
)
async def post_events(request: Request[Any, Any, Any], state: State) -> Response[Receipt]:
    """Take in events under an API key of scope events:write; their source is `api`."""
    raw, kind = await _read(request, state, None)
    source = await _sender(request, state)
    for _ in range(ATTEMPTS):
        try:
            return await _take_in(request, state, source, raw, kind)
        except Outdated:
            source = await _sender(request, state, anew=True)
    raise _busy()


async def _sender(request: Request[Any, Any, Any], state: State, *, anew: bool = False) -> Source:
    """Who sends by a key, which is remembered, or by a session.

    Raises:
        Problem: 401 without a live one, 403 where it may not, 429 where it sends too much.
    """
    senders: Senders = state.senders
    token = key_shown(request)
    if token is not None and not anew and (known := senders.key(token)) is not None:
        await charge(request, state.key_rate, f"{known.brand_id}:{known.source_id}")
        return known
    caller = await authenticate(request, "events:write")
    if token is None:
        return await senders.api(caller.brand_id, anew=anew)
    if (source := await senders.remember(token)) is None:
        raise unauthenticated("The API key or session is not valid.")
    return source


def _forged(request: Request[Any, Any, Any], source: Source, raw: bytes) -> str | None:
    """Why no live secret of the source signed the request; None where one did."""
    return refusal(
        source.secrets,
        request.headers.get("webhook-id"),
        request.headers.get("webhook-timestamp"),
        request.headers.get("webhook-signature"),
        raw,
        datetime.now(UTC),
    )


async def _read(
    request: Request[Any, Any, Any], state: State, source: Source | None
) -> tuple[bytes, bodies.Kind]:
    """The body and its kind; a body that is too large is counted where its source is known.

    Raises:
        Problem: 408, 503, 413 or 415, as `read_delivery`.
    """
    intake: GroupCommit = state.intake
    try:
        with intake.reading() as reading:
            return await read_delivery(request, reading)
    except Problem as problem:
        if problem.status == 413 and source is not None:
            async with transaction(state.pool, source.brand_id) as connection:
                await count_oversized(connection, source.brand_id, source.source_id)
        raise


async def read_delivery(
    request: Request[Any, Any, Any], reading: Reading
) -> tuple[bytes, bodies.Kind]:
    """The body of a delivery and its kind.

    Raises:
        Problem: 408 where it takes too long, 503 where there is no room for it, 413 or 415, in
            this order.
    """
    try:
        async with asyncio.timeout(READ_SECONDS):
            raw = await read_body(request, bodies.MOST_BYTES, reading.keep)
    except TimeoutError:
        raise Problem(
            408, "too_slow", f"A request must be here whole within {READ_SECONDS} seconds."
        ) from None
    if reading.refused:
        raise _busy()
    if raw is None:
        raise Problem(
            413, "too_large", f"A request may have at most {bodies.MOST_BYTES} bytes: send less."
        )
    if request.headers.get("content-encoding", "identity") != "identity":
        raise Problem(415, "unsupported_media_type", "Send the body without Content-Encoding.")
    if any(name.lower().startswith("ce-") for name in request.headers):
        raise Problem(
            415,
            "unsupported_media_type",
            "The binary mode of CloudEvents is not supported: send application/cloudevents+json.",
        )
    kind = bodies.KINDS.get(media_type(request))
    if kind is None:
        raise Problem(
            415, "unsupported_media_type", f"Send one of: {', '.join(sorted(bodies.KINDS))}."
        )
    return raw, kind


@traces.spanned("intake")
async def _take_in(
    request: Request[Any, Any, Any], state: State, source: Source, raw: bytes, kind: bodies.Kind
) -> Response[Receipt]:
    """Read the events of a body, and answer what became of them once they are committed.

    Raises:
        Outdated: where the source is no more what it was; nothing is stored.
    """
    brand_id = source.brand_id
    sender = Sender(source.name, source.currency, request.headers.get("webhook-id"))
    try:
        raws = bodies.split(raw, kind)
    except (NotJson, bodies.WrongShape) as error:
        status, code = (400, "invalid_json") if isinstance(error, NotJson) else (422, "invalid")
        async with _still(state.pool, source) as connection:
            letter = DeadText(raw, code, str(error))
            await keep(connection, brand_id, sender.source, sender.fallback_id, [letter])
        DEAD_LETTERS.labels(code).inc()
        raise Problem(status, code, str(error)) from None
    if len(raws) > bodies.MOST_EVENTS:
        async with _still(state.pool, source) as connection:
            await count_oversized(connection, brand_id, sender.source)
        raise Problem(
            413, "too_large", f"A request may have at most {bodies.MOST_EVENTS} events: send less."
        )
    if not raws:
        async with _still(state.pool, source):
            pass
        raise refused(Receipt(0, 0, []))
    if len(raws) != 1:
        sender = msgspec.structs.replace(sender, fallback_id=None)
    intake: GroupCommit = state.intake
    try:
        delivery = read_all(sender, raws, datetime.now(UTC))
        receipt = await intake.take_in(brand_id, delivery, len(raw), source)
    except Busy:
        raise _busy() from None
    if receipt.accepted or receipt.duplicates:
        return answer(counted(receipt), 202)
    raise refused(counted(receipt))


@asynccontextmanager
async def _still(pool: AsyncEngine, source: Source) -> AsyncIterator[AsyncConnection]:
    """A transaction of a sender that is still what it was when its request was read.

    Raises:
        Outdated: where it is not.
    """
    async with transaction(pool, source.brand_id) as connection:
        if not await is_live(connection, source):
            raise Outdated
        yield connection


def counted(receipt: Receipt) -> Receipt:
    """Count what became of the events of a request, now that it is committed."""
    count_intake(receipt)
    traces.tell(
        accepted=receipt.accepted,
        duplicates=receipt.duplicates,
        rejected=len(receipt.rejected),
    )
    return receipt


async def _check_room(request: Request[Any, Any, Any], state: State, brand_id: int) -> None:
    """Refuse a request that could not wait, before its body takes memory."""
    intake: GroupCommit = state.intake
    try:
        intake.check_room(brand_id)
    except Busy:
        await read_body(request, 0)  # dropped; its sender is ready for an answer after it
        raise _busy() from None


def _busy() -> Problem:
    return Problem(
        503,
        "busy",
        "More events are waiting than can be stored now: send the same again later.",
        headers={"Retry-After": "1"},
    )


def refused(receipt: Receipt) -> Problem:
    """The problem of a request of which nothing was accepted."""
    first = receipt.rejected[0] if receipt.rejected else None
    return Problem(
        422,
        first.code if first else "empty_batch",
        first.detail if first else "There is no event in the request.",
        field=first.field if first else None,
        members=msgspec.to_builtins(receipt),
    )
