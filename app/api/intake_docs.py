"""What the OpenAPI document says of intake: its bodies are read raw, so it cannot be inferred."""

from dataclasses import dataclass
from typing import Any

from litestar.openapi.spec import (
    OpenAPIMediaType,
    Operation,
    Parameter,
    RequestBody,
    Schema,
)
from litestar.openapi.spec.enums import OpenAPIType

_event = Schema(
    title="Event",
    description="A CloudEvents 1.0 event; see docs/events.md for the types and their data.",
    type=OpenAPIType.OBJECT,
    properties={
        "id": Schema(type=OpenAPIType.STRING, min_length=1, max_length=128),
        "type": Schema(type=OpenAPIType.STRING),
        "time": Schema(type=OpenAPIType.STRING, description="RFC 3339 with an offset"),
        "source": Schema(type=OpenAPIType.STRING, min_length=1, max_length=256),
        "specversion": Schema(type=OpenAPIType.STRING, enum=["1.0"]),
        "data": Schema(type=OpenAPIType.OBJECT),
    },
    required=["type", "time", "data"],
)
_events = Schema(type=OpenAPIType.ARRAY, items=_event, max_items=1000)
_body = RequestBody(
    description="One event or up to 1,000 of them, 1 MiB at most.",
    required=True,
    content={
        "application/cloudevents+json": OpenAPIMediaType(schema=_event),
        "application/cloudevents-batch+json": OpenAPIMediaType(schema=_events),
        "application/json": OpenAPIMediaType(schema=Schema(any_of=[_event, _events])),
        "application/x-ndjson": OpenAPIMediaType(schema=Schema(type=OpenAPIType.STRING)),
    },
)


def _header(name: str, description: str) -> Parameter:
    return Parameter(
        name=name,
        param_in="header",
        required=True,
        description=description,
        schema=Schema(type=OpenAPIType.STRING),
    )


@dataclass
class EventsOperation(Operation):
    """Documents the body."""

    def __post_init__(self) -> None:
        self.request_body = _body


@dataclass
class WebhookOperation(Operation):
    """Documents the body and the headers of Standard Webhooks."""

    def __post_init__(self) -> None:
        self.request_body = _body
        headers: list[Any] = [
            _header("webhook-id", "Id of the delivery; the id of a single event without one."),
            _header("webhook-timestamp", "Seconds since 1970, at most 5 minutes away from now."),
            _header(
                "webhook-signature", "v1, and the base64 of the HMAC-SHA256; several by spaces."
            ),
        ]
        self.parameters = [*(self.parameters or []), *headers]
