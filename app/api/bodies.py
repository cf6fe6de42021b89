"""Request bodies: read up to a bound, and decoded strictly from their raw bytes."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import msgspec
from litestar import Request
from litestar.openapi.spec import OpenAPIMediaType, Operation, RequestBody, Schema

from app.api.schemas import schema_of
from app.core.errors import Problem
from app.ingest.decode import explain
from app.ingest.text import NotJson, UnfitText, check_json, check_storable

T = TypeVar("T")

_unknown = re.compile(r"Object contains unknown field `([^`~/]+)`$")

DRAINED = 8 * 1_048_576
"""Of a body that is too large so much is read and dropped, that its sender can read the answer."""


async def read_body(
    request: Request[Any, Any, Any], most: int, keep: Callable[[int], bool] = lambda size: True
) -> bytes | None:
    """The raw body, or None where it has more than `most` bytes, or some that `keep` refused."""
    parts: list[bytes] = []
    size = 0
    whole = True
    async for part in request.stream():
        size += len(part)
        if whole := whole and size <= most and keep(len(part)):
            parts.append(part)
            continue
        parts.clear()
        if size > DRAINED:
            break
    return b"".join(parts) if whole else None


def media_type(request: Request[Any, Any, Any]) -> str:
    """The media type of the body, without its parameters."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


async def decode_body(
    request: Request[Any, Any, Any],
    kind: type[T],
    most: int = 65_536,
    *,
    empty: T | None = None,
) -> T:
    """The body as a Struct; an empty body is `empty` where that is given.

    Raises:
        Problem: 413, 415, 400 where it is no JSON, 422 with the field where it does not fit.
    """
    body = await read_body(request, most)
    if body is None:
        raise Problem(413, "too_large", f"The body may have at most {most} bytes.")
    if not body and empty is not None:
        return empty
    if media_type(request) != "application/json":
        raise Problem(415, "unsupported_media_type", "Send application/json.")
    try:
        check_storable(check_json(body), body)
        return msgspec.json.decode(body, type=kind)
    except NotJson as error:
        raise Problem(400, "invalid_json", str(error)) from None
    except UnfitText as error:
        raise Problem(422, "invalid", str(error), field=error.field) from None
    except msgspec.ValidationError as error:
        rejection = explain(str(error))
        unknown = _unknown.match(str(error))
        field = f"/{unknown.group(1)}" if unknown else rejection.field
        raise Problem(422, "invalid", rejection.detail, field=field) from None


def json_body(*kinds: Any, required: bool = True) -> type[Operation]:
    """An OpenAPI operation whose body is a Struct, or one of several, that the handler decodes."""
    schemas = [schema_of(kind) for kind in kinds]
    schema = schemas[0] if len(schemas) == 1 else Schema(any_of=schemas)

    @dataclass
    class Documented(Operation):
        def __post_init__(self) -> None:
            self.request_body = RequestBody(
                content={"application/json": OpenAPIMediaType(schema=schema)},
                required=required,
            )

    return Documented
