"""Who is asking: an API key, its brand and its scopes. Default deny."""

from typing import Any

from litestar.connection import ASGIConnection, Request
from litestar.handlers import BaseRouteHandler

from app.core.db import transaction
from app.core.errors import Problem
from app.core.limits import Rate
from app.crm import keys
from app.crm.keys import KeyOwner, Scope


async def require_scope(
    connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler
) -> None:
    """Guard of every route: the scope in its `opt`, or `public=True`.

    Raises:
        Problem: 401 without a live key, 403 where it lacks the scope.
    """
    if handler.opt.get("public"):
        return
    connection.state.caller = await authenticate(connection, handler.opt.get("scope"))


async def authenticate(
    connection: ASGIConnection[Any, Any, Any, Any], scope: Scope | None
) -> KeyOwner:
    """The owner of the request's key, who must have the scope.

    Raises:
        Problem: 401 without a live key, 403 where it lacks the scope.
    """
    kind, _, key = connection.headers.get("authorization", "").partition(" ")
    if kind.lower() != "bearer" or not key:
        raise _unauthenticated("Send Authorization: Bearer and an API key.")
    key = key.strip()
    async with transaction(connection.app.state.pool, keys.brand_of(key)) as opened:
        owner = await keys.owner(opened, key)
    if owner is None:
        raise _unauthenticated("The API key is not valid.")
    if scope is None or scope not in owner.scopes:
        raise Problem(403, "forbidden", f"The API key lacks the scope {scope}.")
    state = connection.app.state
    await charge(connection, state.key_rate, f"{owner.brand_id}:{owner.actor}")
    return owner


async def charge(connection: ASGIConnection[Any, Any, Any, Any], rate: Rate, name: str) -> None:
    """Count the request against the limit of who sent it; the answer's fields tell what is left.

    Raises:
        Problem: 429 where nothing is left.
    """
    verdict = await connection.app.state.limiter.take(rate, name)
    connection.scope["state"]["verdict"] = verdict
    if not verdict.allowed:
        raise Problem(
            429,
            "rate_limited",
            f"More than {rate.per_second} requests a second from this {rate.kind}: "
            "send the same again later.",
            headers={"Retry-After": str(verdict.retry_after)},
        )


def _unauthenticated(detail: str) -> Problem:
    return Problem(401, "unauthenticated", detail, headers={"WWW-Authenticate": "Bearer"})


async def provide_caller(request: Request[Any, Any, Any]) -> KeyOwner:
    """The dependency `caller` of handlers behind the guard."""
    caller: KeyOwner = request.state.caller
    return caller
