"""Who is asking: an API key or a session, its brand and its scopes. Default deny."""

from typing import Any, Literal
from urllib.parse import urlsplit

from litestar.connection import ASGIConnection, Request
from litestar.handlers import BaseRouteHandler

from app.core.db import transaction
from app.core.errors import Problem
from app.core.limits import Rate
from app.crm import keys, sessions, tokens
from app.crm.caller import Caller, Scope
from app.crm.tokens import Token

Connection = ASGIConnection[Any, Any, Any, Any]

Need = Scope | Literal["any", "operator"]
"""What a route's `opt` asks for as `scope`: a scope, a live key or session, or a session."""

READING = {"GET", "HEAD", "OPTIONS"}


async def require_scope(connection: Connection, handler: BaseRouteHandler) -> None:
    """Guard of every route: the scope in its `opt`, or `public=True`.

    Raises:
        Problem: 401 without a live key or session, 403 where it lacks the scope.
    """
    if handler.opt.get("public"):
        return
    connection.state.caller = await authenticate(connection, handler.opt.get("scope"))


async def authenticate(connection: Connection, need: Need | None) -> Caller:
    """Who the request's key or session speaks for, who must have what is needed.

    Raises:
        Problem: 401 without a live key or session; 403 where it lacks the scope, or where a page
            of another site makes a browser send its cookie.
    """
    shown, by_cookie = _shown(connection)
    token = tokens.read(shown)
    if token is None:
        raise unauthenticated("The API key or session is not valid.")
    async with transaction(connection.app.state.pool, token.brand_id) as opened:
        owner = keys.owner if token.kind == "hq" else sessions.owner
        found = await owner(opened, token)
    if found is None:
        raise unauthenticated("The API key or session is not valid.")
    if by_cookie:
        _same_site(connection)
    _check(found, need)
    await charge(connection, connection.app.state.key_rate, f"{found.brand_id}:{found.actor}")
    return found


def key_shown(connection: Connection) -> Token | None:
    """The API key that the request shows, whoever's it is; None where it shows none.

    Raises:
        Problem: 401 without anything that could be a key or session.
    """
    shown, _ = _shown(connection)
    token = tokens.read(shown)
    return token if token is not None and token.kind == "hq" else None


def _check(found: Caller, need: Need | None) -> None:
    if need == "any" or (need == "operator" and found.operator_id is not None):
        return
    if need == "operator":
        raise Problem(403, "no_session", "This is for operators who have logged in.")
    if need is None or need not in found.scopes:
        whose = "The API key" if found.operator_id is None else f"The role {found.role}"
        raise Problem(403, "forbidden", f"{whose} lacks the scope {need}.")


async def charge(connection: Connection, rate: Rate, name: str) -> None:
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


def cookie_name(connection: Connection) -> str:
    """The session's cookie; over TLS one that no other host, and nothing without TLS, can set."""
    return "__Host-hongqun_session" if is_secure(connection) else "hongqun_session"


def is_secure(connection: Connection) -> bool:
    """Whether the request came by TLS."""
    return str(connection.scope.get("scheme")) == "https"


def unauthenticated(detail: str) -> Problem:
    """The answer to whoever is not known."""
    return Problem(401, "unauthenticated", detail, headers={"WWW-Authenticate": "Bearer"})


def _shown(connection: Connection) -> tuple[str, bool]:
    """What the request shows for itself, and whether a cookie does; a header goes first."""
    header = connection.headers.get("authorization")
    if header is not None:
        kind, _, text = header.partition(" ")
        if kind.lower() != "bearer" or not text:
            raise unauthenticated("Send Authorization: Bearer and an API key or session.")
        return text.strip(), False
    cookie = connection.cookies.get(cookie_name(connection))
    if not cookie:
        raise unauthenticated("Send Authorization: Bearer and an API key or session.")
    # A cookie is a session: a key in one is somebody's mistake.
    return cookie if cookie.startswith("hqs_") else "", True


def _same_site(connection: Connection) -> None:
    """Refuse what a page of another site makes a browser do.

    Browsers say where a request comes from: by Sec-Fetch-Site, or where that is not sent by Origin,
    which every one of them adds to what is no GET.

    Raises:
        Problem: 403 where it comes from elsewhere, or does not say.
    """
    if connection.scope.get("method") in READING:
        return
    site = connection.headers.get("sec-fetch-site")
    if site is not None:
        own = site == "same-origin"
    else:
        origin = connection.headers.get("origin", "")
        own = bool(origin) and _host(origin) == connection.headers.get("host", "").lower()
    if not own:
        raise Problem(
            403,
            "cross_site",
            "With the session's cookie, changes are taken from pages of this host alone;"
            " programs send Authorization: Bearer.",
        )


def _host(origin: str) -> str | None:
    try:
        return urlsplit(origin).netloc.lower() or None
    except ValueError:
        return None


async def provide_caller(request: Request[Any, Any, Any]) -> Caller:
    """The dependency `caller` of handlers behind the guard."""
    caller: Caller = request.state.caller
    return caller
