"""Answers as JSON: exact decimals as numbers, instants as RFC 3339."""

from collections.abc import Iterator
from typing import Any, TypeVar, cast

import msgspec
from litestar import Response

T = TypeVar("T")
ROWS = 2_000
"""Rows of a part."""

_encoder = msgspec.json.Encoder(decimal_format="number")


def answer(value: T, status: int = 200, headers: dict[str, str] | None = None) -> Response[T]:
    """A JSON answer of a Struct; the type parameter is for the OpenAPI document."""
    made: Response[Any] = Response(
        _encoder.encode(value),
        status_code=status,
        media_type="application/json",
        headers=headers,
    )
    return cast("Response[T]", made)


def document(value: msgspec.Struct) -> Iterator[tuple[str, bytes]]:
    """The JSON of a Struct in parts, each with the field that it is of; long lists in several.

    Lists are emptied on the way, so that a large answer is not in memory twice.
    """
    before = b"{"
    for field in value.__struct_fields__:
        content = getattr(value, field)
        if content is msgspec.UNSET:
            continue
        name = before + _encoder.encode(field) + b":"
        before = b","
        if not isinstance(content, list):
            yield field, name + _encoder.encode(content)
            continue
        yield field, name + b"["
        between = b""
        while content:
            rows = _encoder.encode(content[:ROWS])
            del content[:ROWS]
            yield field, between + rows[1:-1]
            between = b","
        yield field, b"]"
    yield "", b"}"
