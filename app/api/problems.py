"""Every error as RFC 9457 problem+json, whatever raised it."""

from http import HTTPStatus
from typing import Any

import msgspec
import structlog
from litestar import Request, Response
from litestar.exceptions import HTTPException, ValidationException

from app.core.db import reason, sqlstate, unavailable
from app.core.errors import Problem, Unavailable
from app.core.settings import SettingsError
from app.telemetry.numbers import count_unrouted

MEDIA_TYPE = "application/problem+json"
CODES = {
    400: "invalid",
    401: "unauthenticated",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    406: "not_acceptable",
    413: "too_large",
    415: "unsupported_media_type",
}

log = structlog.get_logger()


def respond(problem: Problem) -> Response[bytes]:
    """The answer to a request that went wrong."""
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": HTTPStatus(problem.status).phrase,
        "status": problem.status,
        "code": problem.code,
        "detail": problem.detail,
    }
    if problem.field is not None:
        body["field"] = problem.field
    return Response(
        msgspec.json.encode(body | problem.members),
        status_code=problem.status,
        media_type=MEDIA_TYPE,
        headers=problem.headers,
    )


def on_problem(request: Request[Any, Any, Any], problem: Problem) -> Response[bytes]:
    """Answer what our own code refused."""
    return respond(problem)


def on_http_error(request: Request[Any, Any, Any], error: HTTPException) -> Response[bytes]:
    """Answer what the framework refused: unknown routes, methods, malformed parameters."""
    if "path_template" not in request.scope:
        # Routing comes before everything that counts the others.
        count_unrouted(request.method, error.status_code)
    field = None
    detail = error.detail
    if isinstance(error, ValidationException) and isinstance(error.extra, list) and error.extra:
        first = error.extra[0]
        field = first.get("key") if isinstance(first, dict) else None
        detail = "; ".join(
            f"{each.get('key', '?')}: {each.get('message', '')}"
            for each in error.extra
            if isinstance(each, dict)
        )
    elif isinstance(error, ValidationException) and "Missing required" in detail:
        # "Missing required query parameter 'start' for path /v1/…"
        field = detail.split("'")[1] if detail.count("'") >= 2 else None
        detail = f"{field}: is required"
    code = CODES.get(error.status_code, "error")
    headers = {k: v for k, v in (error.headers or {}).items() if k.lower() == "allow"}
    return respond(Problem(error.status_code, code, detail, field=field, headers=headers))


def on_any_error(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    """Answer what nobody expected: 503 where the database is away, else 500 and a log line."""
    if sqlstate(error) == "57014":
        log.warning("statement_timeout", path=request.url.path)
        return respond(
            Problem(
                503,
                "timeout",
                "The database took too long over it; ask for less, or try again later.",
                headers={"Retry-After": "30"},
            )
        )
    if unavailable(error):
        log.warning("database_unavailable", error=reason(error))
        return respond(Unavailable())
    if isinstance(error, SettingsError):
        log.error("settings_error", path=request.url.path, reason=str(error))
        return respond(Unavailable())
    log.error("unexpected_error", path=request.url.path, exc_info=error)
    return respond(Problem(500, "internal_error", "Something went wrong on our side."))
