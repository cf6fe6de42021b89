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
from litestar.openapi.spec.enums import OpenAPIFormat, OpenAPIType

from app.api.schemas import components_of
from app.events import AnyEvent

EVENT, COMPONENTS = components_of(AnyEvent, "event.")
"""An event of any type, and the schemas that it refers to."""

for _component in COMPONENTS.values():
    if _component.properties is not None and "data_base64" in _component.properties:
        # It is known only so that it can be refused with a hint.
        del _component.properties["data_base64"]
        _component.properties["time"] = Schema(
            type=OpenAPIType.STRING, format=OpenAPIFormat.DATE_TIME
        )

# Each event of several is taken in or rejected by itself, so that a malformed one is told of in
# the answer and does not make the request malformed.
_events = Schema(
    type=OpenAPIType.ARRAY,
    items=Schema(type=OpenAPIType.OBJECT, description="An event, as above."),
    min_items=1,
    max_items=1000,
)
_body = RequestBody(
    description="One event or up to 1,000 of them, 1 MiB at most.",
    required=True,
    content={
        "application/cloudevents+json": OpenAPIMediaType(schema=EVENT),
        "application/cloudevents-batch+json": OpenAPIMediaType(schema=_events),
        "application/json": OpenAPIMediaType(schema=Schema(any_of=[EVENT, _events])),
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
