"""Events in: the signed webhook, and the same bodies from a trusted server with an API key."""

from datetime import UTC, datetime
from typing import Any

import msgspec
import structlog
from litestar import Request, Response, post
from litestar.datastructures import State
from litestar.params import FromPath
from sqlalchemy.ext.asyncio import AsyncEngine

from app.api.answers import answer
from app.api.bodies import media_type, read_body
from app.api.intake_docs import EventsOperation, WebhookOperation
from app.auth import authenticate, charge
from app.core.db import transaction
from app.core.errors import NotFound, Problem
from app.crm import brands, sources
from app.ingest import body as bodies
from app.ingest.dead_letters import DeadText, count_oversized, keep
from app.ingest.decode import Sender
from app.ingest.inbox import Receipt, take_in
from app.ingest.signature import refusal
from app.ingest.text import NotJson
from app.telemetry import traces
from app.telemetry.numbers import DEAD_LETTERS, count_intake

log = structlog.get_logger()


@post(
    "/v1/webhooks/{source_id:str}",
    summary="Post events of a source, signed",
    operation_id="postWebhook",
    operation_class=WebhookOperation,
    tags=["events"],
    opt={"public": True, "problems": [401, 429]},
    status_code=202,
)
async def post_webhook(
    request: Request[Any, Any, Any], source_id: FromPath[str], state: State
) -> Response[Receipt]:
    """Take in events signed by a source's secret; a 2xx is given only after the commit."""
    pool: AsyncEngine = state.pool
    async with transaction(pool, sources.brand_of(source_id)) as connection:
        source = await sources.find(connection, source_id)
    if source is None:
        raise NotFound("webhook source")
    webhook_id = request.headers.get("webhook-id")
    sender = Sender(source.source_id, source.currency, webhook_id)
    raw, kind = await _read(request, pool, source.brand_id, sender)
    reason = refusal(
        source.secrets,
        webhook_id,
        request.headers.get("webhook-timestamp"),
        request.headers.get("webhook-signature"),
        raw,
        datetime.now(UTC),
    )
    if reason is not None:
        raise Problem(401, "bad_signature", f"Not authentic: {reason}.")
    await charge(request, state.source_rate, source.source_id)
    return await _take_in(state, source.brand_id, sender, raw, kind)


@post(
    "/v1/events",
    summary="Post events from a trusted server",
    operation_id="postEvents",
    operation_class=EventsOperation,
    tags=["events"],
    # The key is looked at in the handler, since 413 and 415 come before 401.
    opt={"public": True, "scope": "events:write"},
    status_code=202,
)
async def post_events(request: Request[Any, Any, Any], state: State) -> Response[Receipt]:
    """Take in events under an API key of scope events:write; their source is `api`."""
    pool: AsyncEngine = state.pool
    raw, kind = await _read(request, pool, None, None)
    caller = await authenticate(request, "events:write")
    async with transaction(pool, caller.brand_id) as connection:
        brand = await brands.get(connection, caller.brand_id)
    sender = Sender("api", brand.currency, request.headers.get("webhook-id"))
    return await _take_in(state, brand.brand_id, sender, raw, kind)


async def _read(
    request: Request[Any, Any, Any],
    pool: AsyncEngine,
    brand_id: int | None,
    sender: Sender | None,
) -> tuple[bytes, bodies.Kind]:
    """The body and its kind.

    Raises:
        Problem: 413 or 415, in this order.
    """
    raw = await read_body(request, bodies.MOST_BYTES)
    if raw is None:
        if brand_id is not None and sender is not None:
            async with transaction(pool, brand_id) as connection:
                await count_oversized(connection, brand_id, sender.source)
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
    state: State, brand_id: int, sender: Sender, raw: bytes, kind: bodies.Kind
) -> Response[Receipt]:
    pool: AsyncEngine = state.pool
    try:
        raws = bodies.split(raw, kind)
    except (NotJson, bodies.WrongShape) as error:
        status, code = (400, "invalid_json") if isinstance(error, NotJson) else (422, "invalid")
        async with transaction(pool, brand_id) as connection:
            letter = DeadText(raw, code, str(error))
            await keep(connection, brand_id, sender.source, sender.fallback_id, [letter])
        DEAD_LETTERS.labels(code).inc()
        raise Problem(status, code, str(error)) from None
    if len(raws) > bodies.MOST_EVENTS:
        async with transaction(pool, brand_id) as connection:
            await count_oversized(connection, brand_id, sender.source)
        raise Problem(
            413, "too_large", f"A request may have at most {bodies.MOST_EVENTS} events: send less."
        )
    if len(raws) != 1:
        sender = msgspec.structs.replace(sender, fallback_id=None)
    async with transaction(pool, brand_id) as connection:
        receipt = await take_in(connection, brand_id, sender, raws, datetime.now(UTC))
    state.waker.wake()
    log.info(
        "events_taken_in",
        brand_id=brand_id,
        source=sender.source,
        accepted=receipt.accepted,
        duplicates=receipt.duplicates,
        rejected=len(receipt.rejected),
    )
    if receipt.accepted or receipt.duplicates:
        return answer(counted(receipt), 202)
    raise refused(counted(receipt))


def counted(receipt: Receipt) -> Receipt:
    """Count what became of the events of a request, now that it is committed."""
    count_intake(receipt)
    traces.tell(
        accepted=receipt.accepted,
        duplicates=receipt.duplicates,
        rejected=len(receipt.rejected),
    )
    return receipt


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
