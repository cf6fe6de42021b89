"""Idempotency-Key on every POST behind a key; events carry an identity of their own instead."""

import hashlib
from functools import partial
from typing import Any
from uuid import UUID

import msgspec
import structlog
from litestar import Request, Response
from litestar.enums import ScopeType
from litestar.middleware import ASGIMiddleware
from litestar.openapi.spec import Operation, Parameter, Schema
from litestar.openapi.spec.enums import OpenAPIType
from litestar.types import ASGIApp, Message, Receive, Scope, Send
from sqlalchemy.ext.asyncio import AsyncEngine

from app.core.db import before_commit, transaction
from app.core.errors import BadParameter, Problem
from app.crm.caller import Caller
from app.crm.idempotency import Claim, Kept, claim, free, in_flight, keep, mark_carried_out

MOST_BYTES = 1_048_576
"""Of an answer that is kept."""

HEADERS = (b"content-type", b"location", b"link")
"""Those of an answer that are kept."""

PARAMETER = Parameter(
    name="Idempotency-Key",
    param_in="header",
    required=False,
    description="A text of your own (1 to 255 visible ASCII characters). The same request sent "
    "again with it within 24 hours is answered as the first was, and has no second effect.",
    schema=Schema(type=OpenAPIType.STRING, min_length=1, max_length=255, pattern="^[!-~]+$"),
)

_NIL = UUID(int=0)
log = structlog.get_logger()


class Attempt(msgspec.Struct):
    """A request with a key in hand: what it read so far, what it is answered."""

    held: Claim
    receive: Receive
    digest: Any
    keeps_body: bool = True
    read_all: bool = False
    status: int = 0
    headers: dict[str, str] = {}
    body: bytes | None = b""


def documented(operation: type[Operation]) -> type[Operation]:
    """The operation with the header among its parameters."""

    class WithKey(operation):  # type: ignore[valid-type, misc]
        def __post_init__(self) -> None:
            if hasattr(super(), "__post_init__"):
                super().__post_init__()
            inherited: Any = getattr(self, "parameters", None)
            self.parameters = [*(inherited or []), PARAMETER]

    return WithKey


async def claim_key(request: Request[Any, Any, Any]) -> Response[Any] | None:
    """Before a handler: claim the key, or answer as the request that has it was answered.

    Raises:
        Problem: 400 for a malformed key, 409 where its request is in flight or its answer was
            lost, 422 where it came with another request.
    """
    caller: Caller | None = getattr(request.state, "caller", None)
    given = request.headers.get("idempotency-key")
    if given is None or caller is None or request.method != "POST":
        return None
    key = given[1:-1] if len(given) > 2 and given[0] == given[-1] == '"' else given
    if not (1 <= len(key) <= 255 and all("!" <= letter <= "~" for letter in key)):
        raise BadParameter("Idempotency-Key", "must be 1 to 255 visible ASCII characters")
    pool: AsyncEngine = request.app.state.pool
    async with transaction(pool, caller.brand_id) as connection:
        found = await claim(connection, caller.brand_id, caller.actor, key)
    route = f"{request.method}\n{request.scope['path']}\n{request.url.query}\n"
    attempt = Attempt(
        held=found if isinstance(found, Claim) else Claim(caller.brand_id, caller.actor, key, _NIL),
        receive=request.receive,
        digest=hashlib.sha256(route.encode()),
    )
    if isinstance(found, Kept):
        return await _again(found, attempt)
    request.receive = partial(_receive, attempt)
    request.scope["state"]["idempotent"] = attempt
    before_commit.set(partial(_on_commit, attempt.held))
    return None


async def _on_commit(held: Claim, connection: Any) -> None:
    before_commit.set(None)
    await mark_carried_out(connection, held)


async def _receive(attempt: Attempt) -> Any:
    """Hand on a part of the body, and take it into the fingerprint."""
    message = await attempt.receive()
    if message["type"] == "http.request":
        attempt.digest.update(message.get("body", b""))
        attempt.read_all = not message.get("more_body", False)
    else:
        attempt.read_all = True
    return message


async def _fingerprint(attempt: Attempt) -> bytes:
    while not attempt.read_all:
        await _receive(attempt)
    digest: bytes = attempt.digest.digest()
    return digest


async def _again(kept: Kept, attempt: Attempt) -> Response[Any]:
    if kept.state == "in_flight":
        raise in_flight()
    if kept.state == "lost" or kept.status is None:
        raise _lost("its answer was lost")
    if await _fingerprint(attempt) != kept.fingerprint:
        raise Problem(
            422,
            "idempotency_mismatch",
            "This Idempotency-Key came with another request: use a new one for each.",
            field="Idempotency-Key",
        )
    if kept.body is None:
        raise _lost("its answer is not kept, for it is large or holds a secret")
    headers = (kept.headers or {}) | {"Idempotency-Replayed": "true"}
    return Response(kept.body, status_code=kept.status, headers=headers)


def _lost(why: str) -> Problem:
    return Problem(
        409,
        "idempotency_carried_out",
        f"The request with this Idempotency-Key was carried out, but {why}: "
        "read what it changed instead.",
        field="Idempotency-Key",
    )


class Idempotent(ASGIMiddleware):
    """Keeps the answers of requests that claimed a key, before they go out."""

    scopes = (ScopeType.HTTP,)

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        if scope.get("method") != "POST":
            await next_app(scope, receive, send)
            return
        pool: AsyncEngine = scope["litestar_app"].state.pool
        token = before_commit.set(None)

        async def noted(message: Message) -> None:
            attempt: Attempt | None = scope["state"].get("idempotent")
            if attempt is not None:
                await _note(attempt, pool, message)
            await send(message)

        try:
            await next_app(scope, receive, noted)
        finally:
            before_commit.reset(token)


async def _note(attempt: Attempt, pool: AsyncEngine, message: Message) -> None:
    if message["type"] == "http.response.start":
        attempt.status = message["status"]
        # What nobody may store, such as a secret that is shown once, is not kept either.
        attempt.keeps_body = not any(
            name.lower() == b"cache-control" and b"no-store" in value
            for name, value in message["headers"]
        )
        attempt.headers = {
            name.decode("latin-1"): value.decode("latin-1")
            for name, value in message["headers"]
            if name.lower() in HEADERS
        }
        return
    if message["type"] != "http.response.body":
        return
    if attempt.body is not None and attempt.keeps_body:
        attempt.body += message.get("body", b"")
    if attempt.body is not None and (not attempt.keeps_body or len(attempt.body) > MOST_BYTES):
        attempt.body = None
    if not message.get("more_body", False):
        before_commit.set(None)
        await _settle(attempt, pool)


async def _settle(attempt: Attempt, pool: AsyncEngine) -> None:
    """Keep a good answer, give the key up after another; the answer goes out in any case."""
    held = attempt.held
    try:
        async with transaction(pool, held.brand_id) as connection:
            if 200 <= attempt.status < 300:
                fingerprint = await _fingerprint(attempt)
                await keep(
                    connection, held, fingerprint, attempt.status, attempt.headers, attempt.body
                )
            else:
                await free(connection, held, carried_out=attempt.status < 500)
    except Exception as error:
        # What had an effect is marked so, and is not carried out again.
        log.warning("idempotent_answer_not_kept", error=type(error).__name__)
