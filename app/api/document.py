"""What the OpenAPI document says of all routes alike: their problems, and ratios as numbers."""

from decimal import Decimal
from http import HTTPStatus
from typing import Any

import msgspec
from litestar.handlers import HTTPRouteHandler
from litestar.openapi.datastructures import ResponseSpec
from litestar.openapi.spec import Schema
from litestar.openapi.spec.enums import OpenAPIType
from litestar.plugins import OpenAPISchemaPlugin, ReceiveRoutePlugin
from litestar.routes import BaseRoute, HTTPRoute

from app.api.idempotency import documented as with_key
from app.api.problems import MEDIA_TYPE
from app.ingest.inbox import Rejected

ANYONE: list[dict[str, list[str]]] = [{}]
"""OpenAPI's way to say that no key is asked for."""


class ProblemDetails(msgspec.Struct, frozen=True, omit_defaults=True):
    """RFC 9457. `code` is stable, `field` a JSON Pointer into the body or a parameter's name.

    The last three are there where intake took none of the events.
    """

    type: str
    title: str
    status: int
    code: str
    detail: str
    field: str | msgspec.UnsetType = msgspec.UNSET
    accepted: int | msgspec.UnsetType = msgspec.UNSET
    duplicates: int | msgspec.UnsetType = msgspec.UNSET
    rejected: list[Rejected] | msgspec.UnsetType = msgspec.UNSET


class Problems(ReceiveRoutePlugin):
    """Documents the problems that each route can answer; `opt={"problems": …}` adds to them."""

    def receive_route(self, route: BaseRoute) -> None:
        """Document the handlers of a route."""
        if not isinstance(route, HTTPRoute):
            return
        for handler, _ in route.route_handler_map.values():
            if not handler.resolve_include_in_schema():
                continue
            handler.responses = {
                status: ResponseSpec(
                    ProblemDetails,
                    generate_examples=False,
                    description=HTTPStatus(status).phrase,
                    media_type=MEDIA_TYPE,
                )
                for status in sorted(problems_of(handler, bool(route.path_parameters)))
            }
            if handler.http_methods == {"POST"} and not handler.opt.get("public"):
                handler.operation_class = with_key(handler.operation_class)
            if handler.opt.get("public") and "scope" not in handler.opt:
                handler.security = ANYONE


def problems_of(handler: HTTPRouteHandler, names_one: bool) -> set[int]:
    """The statuses of the problems that a route can answer."""
    statuses = {503, *handler.opt.get("problems", ())}
    if "scope" in handler.opt:
        statuses |= {400, 401, 403, 429}
    if names_one:
        statuses |= {404}
    if handler.http_methods & {"POST", "PATCH", "PUT"}:
        statuses |= {400, 413, 415, 422}
    if handler.http_methods == {"POST"} and not handler.opt.get("public"):
        statuses |= {409}
    return statuses


class ExactNumbers(OpenAPISchemaPlugin):
    """A Decimal is a number in our answers."""

    @staticmethod
    def is_plugin_supported_type(value: Any) -> bool:
        """Whether it is a Decimal."""
        return value is Decimal

    def to_openapi_schema(self, field_definition: Any, schema_creator: Any) -> Schema:
        """A number."""
        return Schema(type=OpenAPIType.NUMBER)
