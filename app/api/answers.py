"""Answers as JSON: exact decimals as numbers, instants as RFC 3339."""

from typing import Any, TypeVar, cast

import msgspec
from litestar import Response

T = TypeVar("T")

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
