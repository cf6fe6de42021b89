"""What holds for every request: its id, its log line, and texts that no database can keep."""

import re
import time
import uuid

import structlog
from litestar import Request
from litestar.datastructures import MutableScopeHeaders
from litestar.enums import ScopeType
from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from app.api.problems import respond
from app.core.errors import Problem
from app.core.proxies import Client, Networks, client_of
from app.telemetry import traces
from app.telemetry.numbers import IN_FLIGHT, NO_ROUTE, count_request

log = structlog.get_logger()
_id = re.compile(r"[A-Za-z0-9._-]{1,64}", re.ASCII)


class RequestContext(ASGIMiddleware):
    """Gives each request an id (the sender's X-Request-Id where it is one) and logs its end.

    Behind it `request.client.host` and `request.url.scheme` are those of the client, also where
    trusted proxies stand in between.
    """

    scopes = (ScopeType.HTTP,)

    def __init__(self, trusted: Networks = ()) -> None:
        self.trusted = trusted

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        headers = dict(scope["headers"])
        address, port = scope.get("client") or ("", 0)
        client = client_of(Client(address, scope["scheme"]), scope["headers"], self.trusted)
        if client.address != address:
            port = 0  # nobody tells the client's
        scope["client"], scope["scheme"] = (client.address, port), client.scheme
        given = headers.get(b"x-request-id", b"").decode("latin-1")
        request_id = given if _id.fullmatch(given) else uuid.uuid4().hex
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=request_id)
        began = time.perf_counter()
        status = 0

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableScopeHeaders.from_message(message)
                headers["x-request-id"] = request_id
                if (verdict := scope["state"].get("verdict")) is not None:
                    headers.update(verdict.headers)
            await send(message)

        method, route = str(scope.get("method")), scope.get("path_template") or NO_ROUTE
        IN_FLIGHT.inc()
        try:
            with traces.request_span(method, route, headers) as span:
                if b"%00" in scope.get("query_string", b"") or "\0" in scope["path"]:
                    refusal = Problem(400, "invalid", "A NUL character stands in the URL.")
                    answer = respond(refusal).to_asgi_response(None, Request(scope))
                    await answer(scope, receive, send_with_id)
                else:
                    await next_app(scope, receive, send_with_id)
                traces.answered(span, status)
        finally:
            took = time.perf_counter() - began
            IN_FLIGHT.dec()
            count_request(method, route, status, took)
        log.info(
            "request",
            method=method,
            path=scope["path"],
            client=client.address,
            status=status,
            ms=round(took * 1000, 1),
        )
